"""Texts of issues: stored plain, shown as the Atlassian Document Format by version 3 and as text by version 2."""

from __future__ import annotations

from typing import Any

BLOCKS = frozenset({"paragraph", "heading", "codeBlock", "blockquote", "listItem", "rule", "panel", "tableRow"})


def adf_from_text(text: str) -> dict[str, Any]:
    """Paragraphs at blank lines, hard breaks at line ends."""
    paragraphs = [_paragraph(part) for part in text.split("\n\n") if part.strip("\n")]
    return {"type": "doc", "version": 1, "content": paragraphs}


def _paragraph(text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for index, line in enumerate(text.strip("\n").split("\n")):
        if index:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def text_from_adf(value: object) -> str:
    """The text of a document: blocks apart by a blank line. Raises ValueError for what is no document."""
    if not isinstance(value, dict) or value.get("type") != "doc" or value.get("version") != 1:
        raise ValueError("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
    return "\n\n".join(block for node in _nodes(value) for block in _blocks(node))


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    content = node.get("content", [])
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise ValueError("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
    return content


def _blocks(node: dict[str, Any]) -> list[str]:
    inner = _nodes(node)
    if node.get("type") in BLOCKS and not any(item.get("type") in BLOCKS for item in inner):
        return [_inline(node)]
    return [block for item in inner for block in _blocks(item)]


def _inline(node: dict[str, Any]) -> str:
    kind = node.get("type")
    if kind == "text":
        return str(node.get("text", ""))
    if kind == "hardBreak":
        return "\n"
    if kind in ("mention", "emoji", "status", "date", "inlineCard"):
        attributes = node.get("attrs", {})
        return str(attributes.get("text") or attributes.get("shortName") or attributes.get("url") or "")
    return "".join(_inline(item) for item in _nodes(node))
