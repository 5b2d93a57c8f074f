"""Wiki markup. Goal: readers see the words that were meant, and whoever edits the text meets no wall of slashes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector.jira.markup import markup, plain
from ml_connector_sandbox.jira.wiki import shown

SIGNS = st.text(alphabet="ab1 \n\\*_-+?^~|{}[]()!#&;:.h2qPDxy/@%<>", max_size=40)
MEANT = (
    "h1. |bq. |*|_a_|{code}|{color:red}|[x,y]|!a!|--|----|\\\\|&amp;|&#92;|:)|:D|(x)|(on)|# |- |??a??|{{a}}|PO-4711|1+1"
)
PIECES = st.lists(st.sampled_from([*MEANT.split("|"), "|", "\n", " ", "word"])).map("".join)
PLAIN = st.text(st.characters(exclude_categories=("Cs", "Co", "Cc")), max_size=40)
ORDINARY = "Purchase order 1000/4500-7 (net 30): 10 h @ 96.50 USD, CC_OPS? No. Müller & Söhne, due 2026-11-30\nLine 2"


@settings(max_examples=500)
@given(SIGNS | PIECES | PLAIN)
def test_every_text_is_shown_as_it_is(text: str) -> None:
    """Whatever it holds: the sandbox, which reads markup in its own way, sees just these words."""
    assert shown(markup(text)) == text


@settings(max_examples=500)
@given(SIGNS | PIECES | PLAIN)
def test_what_we_wrote_is_read_as_we_meant_it(text: str) -> None:
    """So that our own words never look like a person's; whatever a server makes of line ends."""
    assert plain(markup(text)) == text
    assert plain(markup(text).replace("\n", "\r\n")) == text


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_ends_are_line_ends(ending: str) -> None:
    """Whoever wrote them."""
    assert markup(f"one{ending}two") == "one\ntwo"


def test_ordinary_words_stay_readable() -> None:
    """Numbers, dates, names and brackets go out as they are; only the sign that would do something is hidden."""
    assert markup(ORDINARY) == ORDINARY.replace("CC_OPS", "CC\\_OPS")
