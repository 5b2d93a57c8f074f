"""Plain text to and from wiki markup, which Data Center keeps texts in: what its renderer would interpret is hidden.

Atlassian, text formatting notation, and its open renderer: a backslash hides one of `-#*_+?^~|%{}[]()!@` and no other
sign; character references are kept as they are and stand for their characters.
"""

from __future__ import annotations

import re

BY_BACKSLASH = re.compile(
    r"[*_^~|{}\[\]!]"
    r"|\?(?=\?)|(?<=\?)\?"  # ??a citation??
    r"|(?<![^\W_])[-+]|[-+](?![^\W_])"  # -gone-, +new+, dashes and lists; what stands inside of a word stays readable
    r"|(?<=[:;])[()]"  # :) and its kin
    r"|\((?=(?:[/x!+?yni*-]|on|off|flag|flagoff)\))"  # (x), (/), (on)
)
BY_REFERENCE = re.compile(r"\\|&(?=#?\w+;)|:(?=[PpD])")
"""A backslash cannot hide itself: two of them are a line break."""
HEADING = re.compile(r"(?m)^([ \t]*(?:h[1-6]|bq))\.")
NUMBERED = re.compile(r"(?m)^([ \t]*)#")


def markup(text: str) -> str:
    """Text that shows as it is written: a blank line parts paragraphs, a line end is a line end."""
    hidden = BY_REFERENCE.sub(lambda found: f"&#{ord(found[0])};", text.replace("\r\n", "\n").replace("\r", "\n"))
    hidden = BY_BACKSLASH.sub(lambda found: f"\\{found[0]}", hidden)
    return NUMBERED.sub(r"\1\\#", HEADING.sub(r"\1&#46;", hidden))


HIDDEN = re.compile(r"(?<!\\)\\([-#*_+?^~|%{}\[\]()!@])|&#(\d{2,3});")


def plain(text: str) -> str:
    """The text that markup of ours was made from. What people wrote in their own way stays as they wrote it."""
    return HIDDEN.sub(lambda found: found[1] or chr(int(found[2])), text.replace("\r\n", "\n"))
