"""What a reader sees of wiki markup, which Data Center keeps texts in: the words, without what made them look so.

Atlassian, text formatting notation, and its open renderer: a backslash hides the signs that it may stand before from
every rule, two of them break a line, and character references stand for their characters.
"""

from __future__ import annotations

import re
from html import unescape

HIDDEN = re.compile(r"(?<!\\)\\([-#*_+?^~|%{}\[\]()!@])")
PRIVATE = 0xE000
"""Hidden signs are kept here, where no rule looks."""
MACRO = re.compile(r"\{[a-z]+(?::[^}\n]*)?\}")
LINK = re.compile(r"\[(?:([^|\]\n]*)\|)?([^|\]\n]+)\]")
IMAGE = re.compile(r"!\S[^!\n]*!")
LINE_STARTS = re.compile(r"(?m)^[ \t]*(?:h[1-6]\.[ \t]+|bq\.[ \t]+|[*#-]+[ \t]+|\|+)")
RULER = re.compile(r"(?m)^[ \t]*-{4,}[ \t]*$")
PHRASES = tuple(
    re.compile(rf"(?<![^\W_]){re.escape(mark)}(?=\S)(.+?)(?<=\S){re.escape(mark)}(?![^\W_])")
    for mark in ("??", "*", "_", "-", "+", "^", "~")
)
MONOSPACED = re.compile(r"\{\{(.+?)\}\}")
EMOTICON = re.compile(r"[:;]-?[()]|:[PpD]|\((?:[/x!+?ynix*-]|on|off|\*[rgby]|flag|flagoff)\)")
REFERENCE = re.compile(r"&(?:#\d+|[a-z]+);")


def shown(markup: str) -> str:
    """The text of markup: what decorates it is gone, pictures and emoticons too."""
    text = HIDDEN.sub(lambda found: chr(PRIVATE + ord(found[1])), markup)
    text = text.replace("\\\\", "\n")
    text = MONOSPACED.sub(r"\1", text)
    text = MACRO.sub("", text)
    text = EMOTICON.sub("", text)
    text = IMAGE.sub("", text)
    text = LINK.sub(lambda found: found[1] or found[2], text)
    text = LINE_STARTS.sub("", RULER.sub("", text))
    text = text.replace("|", " ")
    text = text.replace("---", "\u2014").replace("--", "\u2013")
    for phrase in PHRASES:
        text = phrase.sub(r"\1", text)
    text = REFERENCE.sub(lambda found: unescape(found[0]), text)
    return "".join(chr(ord(each) - PRIVATE) if PRIVATE <= ord(each) < PRIVATE + 128 else each for each in text)
