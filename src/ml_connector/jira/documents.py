"""Plain text to and from the Atlassian Document Format, which version 3 of the interface writes texts in.

Atlassian Document Format, structure: a `doc` of version 1 whose content is blocks; a text must not be empty.
"""

from __future__ import annotations

from collections.abc import Iterator

Json = dict[str, object]
DEPTH_MAX = 100
"""Nested deeper than this is nothing that a person wrote."""


def document(text: str) -> Json:
    """Plain text as a document: a blank line parts paragraphs, a line end is a hard break."""
    paragraphs = [part.strip("\n") for part in text.replace("\r\n", "\n").split("\n\n")]
    return {"type": "doc", "version": 1, "content": [_paragraph(part) for part in paragraphs if part.strip()]}


def _paragraph(text: str) -> Json:
    content: list[Json] = []
    for index, line in enumerate(text.split("\n")):
        if index:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def plain_text(value: object) -> str:
    """The text of a document, its blocks parted by blank lines. Total: anything else reads as the text it holds."""
    if isinstance(value, str):
        return value
    return "\n\n".join(part for part in _blocks(value, 0) if part).strip()


def _blocks(node: object, depth: int) -> Iterator[str]:
    if depth > DEPTH_MAX:
        return
    inner = _content(node)
    if any(_content(child) for child in inner):
        for child in inner:
            yield from _blocks(child, depth + 1)
    else:
        yield "".join(map(_inline, inner)) if inner else _inline(node)


def _content(node: object) -> list[object]:
    content = node.get("content") if isinstance(node, dict) else None
    return content if isinstance(content, list) else []


def _inline(node: object) -> str:
    if not isinstance(node, dict):
        return ""
    if node.get("type") == "hardBreak":
        return "\n"
    attributes = node.get("attrs")
    shown = attributes if isinstance(attributes, dict) else {}
    found = node.get("text") or shown.get("text") or shown.get("url") or ""
    return found if isinstance(found, str) else ""
