"""What a connection file means once it is loaded."""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import make_url

from connection_files import FULL, switched_on, written
from ml_connector.settings import (
    Connection,
    Home,
    InvalidSettings,
    load_connection,
    load_connections,
    mapping_version,
    rates_version,
    sample,
)

Rewrite = Callable[[str, str], Connection]


@pytest.fixture
def rewritten(tmp_path: Path) -> Rewrite:
    """Load the full file with one piece of text replaced."""

    def load(old: str, new: str) -> Connection:
        assert old in FULL
        return load_connection(written(tmp_path, FULL.replace(old, new, 1)))

    return load


def test_the_sample_loads_as_it_is(tmp_path: Path) -> None:
    """What `init` writes is a connection that posts nothing yet and otherwise has the defaults."""
    connection = load_connection(written(tmp_path, sample("acme")))
    assert connection.name == "acme"
    assert connection.post_from is None
    assert connection.posting.approval.automatic_below is None
    assert connection.clearing.keys() == {"1000"}
    assert (connection.rate, connection.person, connection.status_back) == ((), (), ())


def test_the_sample_takes_what_it_is_given(tmp_path: Path) -> None:
    """Names with quotes, backslashes and letters of any alphabet arrive as they were given."""
    text = sample("acme", enterprise_group='Zürich "A\\B"', entities=("10.00", "Ö 2"), jira_url="http://127.0.0.1:8080")
    connection = load_connection(written(tmp_path, text))
    assert connection.cloudsuite.enterprise_group == 'Zürich "A\\B"'
    assert connection.cloudsuite.entities == ("10.00", "Ö 2")
    assert connection.jira.url == "http://127.0.0.1:8080"
    assert connection.clearing.keys() == {"10.00", "Ö 2"}


def test_amounts_are_exact_and_dates_are_dates(tmp_path: Path) -> None:
    """Money arrives as the decimal that was written, a day as a date, a list as a tuple."""
    connection = load_connection(written(tmp_path))
    assert connection.rate[0].amount.as_tuple() == Decimal("85.00").as_tuple()
    assert connection.rate[0].effective == date(2026, 1, 1)
    assert connection.posting.approval.automatic_below == Decimal(500)
    assert connection.cloudsuite.entities == ("1000", "2000")


def test_a_connection_cannot_be_changed(tmp_path: Path) -> None:
    """Settings are frozen all the way down to the rates."""
    connection = load_connection(written(tmp_path))
    with pytest.raises(ValidationError):
        connection.name = "other"  # type: ignore[misc]  # the claim is that this fails
    with pytest.raises(ValidationError):
        connection.rate[0].amount = Decimal(1)  # type: ignore[misc]  # the claim is that this fails


def test_a_mark_in_front_of_the_file_does_no_harm(tmp_path: Path) -> None:
    """Editors on Windows put a byte-order mark and carriage returns into the file."""
    acme = written(tmp_path)
    expected = load_connection(acme)
    acme.write_bytes(b"\xef\xbb\xbf" + acme.read_bytes().replace(b"\n", b"\r\n"))
    assert load_connection(acme) == expected


@pytest.mark.parametrize(
    "url", ["https://acme.atlassian.net", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:8443"]
)
def test_sites_have_scheme_host_and_perhaps_a_port(rewritten: Rewrite, url: str) -> None:
    """Addresses of public and of local sites are taken."""
    assert rewritten("https://your-site.atlassian.net", url).jira.url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https://acme:99999",
        "https://acme:",
        "https://[::1",
        "https://acme?x=1",
        "https://acme#x",
        "https://a@acme",
        "https://ac me",
        "ftp://acme",
        "HTTPS://acme",
        "https://acme:0",
    ],
)
def test_anything_more_or_less_is_no_site(rewritten: Rewrite, url: str) -> None:
    """Addresses with more or less than that are refused."""
    with pytest.raises(InvalidSettings, match=r"jira\.url"):
        rewritten("https://your-site.atlassian.net", url)


def test_connections_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    """A directory gives its `*.toml` files by name, and an empty one gives none."""
    assert load_connections(tmp_path) == ()
    for name in ("beta", "alpha"):
        written(tmp_path, sample(name), name)
    (tmp_path / "alpha.toml.bak").write_text("not read", encoding="utf-8")
    assert [connection.name for connection in load_connections(tmp_path)] == ["alpha", "beta"]


def test_a_home_names_its_parts(tmp_path: Path) -> None:
    """The database, the key and the connections lie in the one directory."""
    home = Home(tmp_path / "my home")
    assert make_url(home.database_url).database == str(tmp_path / "my home" / "ml-connector.db")
    assert home.key_file == tmp_path / "my home" / "key"
    assert home.connection_file("acme") == home.connections / "acme.toml"


DECIDES = [
    ("post_from = 2026-01-01", "post_from = 2026-01-02"),
    ('time_zone = "UTC"', 'time_zone = "Asia/Tokyo"'),
    ('unprojected = "default_project"', 'unprojected = "skip"'),
    ('"OVERHEAD"', '"OTHER"'),
    ('enterprise_group = "ACME"', 'enterprise_group = "OTHER"'),
    ('number = "PurchaseOrder"', 'number = "PONumber"'),
    ('grain = "person-day"', 'grain = "worklog"'),
    ("lines_max = 100", "lines_max = 50"),
    ('"hold"\nhours', '"next_open"\nhours'),
    ("hours_per_day_max = 24", "hours_per_day_max = 12"),
    ('"1000" = 2026-01-01', '"1000" = 2026-02-01'),
    ('account = "219900"', 'account = "219901"'),
    ('entity = "1000"', 'entity = "2000"'),
]
RATES = [
    ('amount = "85.00"', 'amount = "85.01"'),
    ('currency = "USD"\nfrom', 'currency = "EUR"\nfrom'),
    ("\nfrom = 2026-01-01", "\nfrom = 2026-01-02"),
    ('person = "10042"\nproject', 'person = "712020:0a1b2c3d"\nproject'),
    ('role = "Engineer"\nentity', 'role = "Manager"\nentity'),
    ('"CC-100"\namount', '"CC-200"\namount'),
    ("known_since = 2025-12-15", "known_since = 2025-12-16"),
    ('factor = "1.25"', 'factor = "1.5"'),
    ('percent = "28.5"', 'percent = "28"'),
    ("weekend = [6, 7]", "weekend = [5, 6]"),
    ("to = 2026-12-27", "to = 2026-12-28"),
    ("minutes = 0", "minutes = 15"),
]
COSMETIC = [
    ("interval_seconds = 60", "interval_seconds = 61"),
    ("allowed_hosts = []", 'allowed_hosts = ["localhost"]'),
    ("settle_seconds = 360", "settle_seconds = 361"),
    ("page_rows = 1000", "page_rows = 999"),
    ('automatic_below = "500.00"', 'automatic_below = "1"'),
    ('"Anna Example"', '"Anna Other"'),
    ('issue_type = "Task"', 'issue_type = "Story"'),
    ('amount = "85.00"', 'amount = "85"'),
    ('["1000", "2000"]', '["2000", "1000"]'),
    ("your-site", "our-site"),
]


@pytest.mark.parametrize(("old", "new"), DECIDES)
def test_the_mapping_version_follows_what_decides_a_cost(rewritten: Rewrite, old: str, new: str) -> None:
    """Coding, dating and grouping change the mapping's version, and leave the rates' alone."""
    before, after = rewritten(old, old), rewritten(old, new)
    assert mapping_version(after) != mapping_version(before)
    assert rates_version(after) == rates_version(before)


@pytest.mark.parametrize(("old", "new"), RATES)
def test_both_versions_follow_the_rates(rewritten: Rewrite, old: str, new: str) -> None:
    """A rate, and whom it is for, changes both versions."""
    before, after = rewritten(old, old), rewritten(old, new)
    assert mapping_version(after) != mapping_version(before)
    assert rates_version(after) != rates_version(before)


@pytest.mark.parametrize(("old", "new"), COSMETIC)
def test_no_version_follows_the_rest(rewritten: Rewrite, old: str, new: str) -> None:
    """Schedules, addresses, limits, names of people and ways to write an amount re-cost nothing."""
    before, after = rewritten(old, old), rewritten(old, new)
    assert before != after or "amount" in old
    assert mapping_version(after) == mapping_version(before)
    assert rates_version(after) == rates_version(before)


def test_the_order_of_rates_in_the_file_does_not_count(rewritten: Rewrite) -> None:
    """The same rates the other way round have the same version."""
    written_rates = FULL[FULL.index("[[rate]]") : FULL.index("[[period]]")]
    rates = re.findall(r"\[\[rate\]\]\n(?:\w.*\n)+", FULL)
    assert len(rates) == 4
    before = rewritten("name", "name")
    after = rewritten(written_rates, "\n".join(reversed(rates)))
    assert before.rate != after.rate
    assert (mapping_version(after), rates_version(after)) == (mapping_version(before), rates_version(before))


PIECES = st.sampled_from(
    [
        '"',
        "'",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "#",
        "\n",
        "\\",
        "-",
        "0",
        "9",
        "\x00",
        "ü",
        "[key]",
        '"""',
    ]
)
KEYS = st.sampled_from(["x", "name", "from", '"[key]"', '""', "a.b"])
WRONG = (
    "1 -1 0.5 inf nan true '' [] {} [[]] [1] [{}] {a=1} 'x' ['x'] '2026-01-31' {''=''} {'[key]'={}} 2026-01-31 07:00:00"
)
VALUES = st.sampled_from([*WRONG.split(" "), "2026-01-31T07:00:00Z", "9" * 400])


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The full sample with a few values replaced, lines moved or dropped, and characters put in or taken out."""
    lines = switched_on(sample("acme")).split("\n")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["value", "value", "key", "drop", "repeat", "cut", "insert"]))
        line = lines[at]
        if change == "value" and " = " in line:
            lines[at] = f"{line.split(' = ')[0]} = {draw(VALUES)}"
        elif change == "key" and " = " in line:
            lines[at] = f"{draw(KEYS)} = {draw(VALUES)}"
        elif change == "drop":
            lines[at] = ""
        elif change == "repeat":
            lines.insert(draw(st.integers(0, len(lines))), line)
        else:
            column = draw(st.integers(0, len(line)))
            lines[at] = (
                line[:column] + (draw(PIECES) if change == "insert" else "") + line[column + (change == "cut") :]
            )
    return "\n".join(lines)


@given(mutations())
def test_a_mutated_file_loads_or_is_refused_in_full(text: str) -> None:
    """Whatever is done to a file, it loads or is refused with lines that exist, one printed line a problem."""
    with tempfile.TemporaryDirectory() as directory:
        path = written(Path(directory), text)
        refused = _refusal(path)
    if refused is not None:
        assert len(str(refused).splitlines()) == len(refused.problems) > 0
        assert all(1 <= problem.line <= text.count("\n") + 1 for problem in refused.problems)
        assert all(problem.what and problem.remedy for problem in refused.problems)


def _refusal(path: Path) -> InvalidSettings | None:
    try:
        load_connection(path)
    except InvalidSettings as refused:
        return refused
    return None


def test_the_sample_shows_defaults() -> None:
    """Optional keys of the sample load with the values that they have when they are left out, but for examples."""
    plain = Connection.model_validate(_without_lists(tomllib.loads(sample("acme"))))
    full = Connection.model_validate(_without_lists(tomllib.loads(switched_on(sample("acme")))))
    for section in ("network", "schedule"):
        assert getattr(plain, section) == getattr(full, section)
    given = full.cloudsuite
    examples = {"calls_per_minute": 100, "fields": given.fields, "m3": given.m3, "csi": given.csi, "fsm": given.fsm}
    assert plain.cloudsuite.model_copy(update=examples) == full.cloudsuite
    assert plain.jira.fields == full.jira.fields
    assert plain.posting == full.posting.model_copy(
        update={"approval": plain.posting.approval, "earliest": plain.posting.earliest}
    )


def _without_lists(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_lists(item) for key, item in value.items()}
    return tuple(_without_lists(item) for item in value) if isinstance(value, list) else value
