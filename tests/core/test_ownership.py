"""Who decides what a field reads. Goal: what a person wrote is never overwritten, and never passed over in silence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.ownership import Conflict, Owner, Verdict, judge, news, same, told

WORDS = st.sampled_from(["", "a", "b", "c"])
FIELDS = st.sampled_from(["summary", "vendor", "remaining"])
VALUES = st.dictionaries(FIELDS, WORDS)
OWNERS = st.dictionaries(FIELDS, st.sampled_from(list(Owner)))


def verdict(owner: Owner, *, erp: str, written: str | None, reads: str | None) -> Verdict:
    """The verdict on one field of an issue that we wrote before."""
    held = {"summary": "PO 1"} | ({} if written is None else {"vendor": written})
    return judge({"vendor": erp}, held, {} if reads is None else {"vendor": reads}, {"vendor": owner})


def test_cloudsuite_writes_its_fields_whenever_they_change() -> None:
    """And not again where nothing changed."""
    assert verdict(Owner.ERP, erp="new", written="old", reads=None).changes == {"vendor": "new"}
    assert verdict(Owner.ERP, erp="old", written="old", reads=None) == Verdict()


def test_what_a_person_wrote_over_cloudsuite_stays_and_is_told() -> None:
    """With both values, whether CloudSuite's changed since or not."""
    for erp in ("old", "new"):
        found = verdict(Owner.ERP, erp=erp, written="old", reads="theirs")
        assert found == Verdict({}, (Conflict("vendor", erp, "theirs"),))


def test_an_emptied_field_is_filled_again() -> None:
    """That is how a person gives a field back."""
    assert verdict(Owner.ERP, erp="old", written="old", reads="").changes == {"vendor": "old"}
    assert verdict(Owner.FIRST, erp="old", written="old", reads="").changes == {"vendor": "old"}


def test_a_person_who_wrote_what_cloudsuite_says_is_no_conflict() -> None:
    """The field goes on following CloudSuite."""
    assert verdict(Owner.ERP, erp="new", written="old", reads="new") == Verdict({"vendor": "new"})


def test_people_in_jira_own_a_field_alone() -> None:
    """It is never written again, and what it reads is nobody's business."""
    assert verdict(Owner.JIRA, erp="new", written="old", reads="theirs") == Verdict()
    assert verdict(Owner.JIRA, erp="new", written="old", reads="") == Verdict()


def test_whoever_was_first_wins() -> None:
    """A field that reads something stays, whoever wrote it; a difference is told."""
    assert verdict(Owner.FIRST, erp="new", written=None, reads=None).changes == {"vendor": "new"}
    assert verdict(Owner.FIRST, erp="new", written=None, reads="theirs").conflicts
    assert verdict(Owner.FIRST, erp="new", written="old", reads=None).conflicts
    assert verdict(Owner.FIRST, erp="same", written=None, reads="same") == Verdict()


def test_an_issue_found_again_by_its_marker_counts_as_ours() -> None:
    """We do not know any more what we wrote: CloudSuite's fields are written anew, the others are left."""
    reads = {"vendor": "old", "summary": "PO 1"}
    owners = {"summary": Owner.FIRST}
    assert judge({"vendor": "new", "summary": "PO 2"}, {}, reads, owners) == Verdict(
        {"vendor": "new"}, (Conflict("summary", "PO 2", "PO 1"),)
    )


@given(VALUES, VALUES, VALUES, OWNERS)
def test_nothing_of_a_persons_is_overwritten(
    content: dict[str, str], written: dict[str, str], seen: dict[str, str], owners: dict[str, Owner]
) -> None:
    """Whatever the three say: a change never replaces a word that neither we nor CloudSuite had put there."""
    found = judge(content, written, seen, owners)
    for name, value in found.changes.items():
        reads = seen.get(name, written.get(name))
        assert reads in ("", None, written.get(name), value) or not written
    for each in found.conflicts:
        assert each.name not in found.changes


@given(VALUES, VALUES, OWNERS)
def test_our_own_writing_leaves_nothing_to_do(
    content: dict[str, str], written: dict[str, str], owners: dict[str, Owner]
) -> None:
    """Written, and read as written, an issue asks for nothing more: no change, and no news."""
    changes = judge(content, written, {}, owners).changes
    after = {**written, **changes}
    assert not news(after, after)
    assert not judge(content, after, {}, owners).changes


def test_amounts_and_white_space_are_compared_by_what_they_say() -> None:
    """Codes are not amounts: a leading zero counts."""
    assert same("remaining", "1500.00", "1500")
    assert same("text", "a\n\n b ", "a b")
    assert same("vendor", None, "")
    assert not same("vendor", "007", "7")
    assert not same("remaining", "1500.00", "unknown")


def test_a_conflict_is_told_with_both_values_cut_to_a_line() -> None:
    """A long description does not fill the screen."""
    (words,) = told([Conflict("text", "a\nb", "c" * 200)])
    assert words.startswith("description reads 'ccc")
    assert words.endswith("'a b' in CloudSuite")
    assert len(words) < 150
