"""Files with something wrong in them, and the whole of what is said about each.

Each file ends in remarks `# expect: LINE: what is printed behind the file's name and line`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connection_files import FULL, written
from ml_connector.errors import Misconfigured
from ml_connector.settings import InvalidSettings, load_connection, load_connections, render_errors, sample
from ml_connector.settings.writing import write_connection

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.toml"))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_everything_wrong_is_named_with_line_and_remedy(path: Path) -> None:
    """A broken file is refused with exactly the lines that it expects, and no others."""
    expected = re.findall(r"(?m)^# expect: (.+)$", path.read_text(encoding="utf-8"))
    assert expected
    with pytest.raises(InvalidSettings) as caught:
        load_connection(path)
    assert render_errors(caught.value).splitlines() == [f"{path}:{line}" for line in expected]


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_line_that_is_named_holds_the_key(path: Path) -> None:
    """The line that a problem names holds the last part of its key, or the header or list that should hold it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    with pytest.raises(InvalidSettings) as caught:
        load_connection(path)
    for problem in caught.value.problems:
        parts = [part.strip('"').rstrip("…") for part in problem.key.split(".")]
        if problem.key and "missing" not in problem.what and parts[-1] != "entities":  # a list over lines
            at = lines[problem.line - 1]
            assert parts[-1] in at or f"[{problem.key.rpartition('.')[0]}]" in at, problem


def test_no_secret_is_repeated(tmp_path: Path) -> None:
    """What is pasted into the wrong place does not come out again, whatever is wrong with the line."""
    secret = "hunter2hunter2hunter2hunter2hunter2hunter2hunter2"
    places = [
        f'api_token = "{secret}"',
        f"{secret} = 1",
        f'deployment = "{secret}',
        f"deployment = {secret}",
        f'deployment = "{secret}"',
        f'deployment = ["{secret}"]',
        f'settle_seconds = "{secret}"',
        f"{secret} = 1\n{secret} = 1",
        f"{secret}.a = 1\n[jira.{secret}]",
    ]
    texts = [sample("acme").replace("[jira]\n", f"[jira]\n{place}\n") for place in places]
    for text in (*texts, sample("acme", jira_url=f"https://anna:{secret}@acme.atlassian.net")):
        with pytest.raises(InvalidSettings) as caught:
            load_connection(written(tmp_path, text))
        assert secret[:10] not in str(caught.value)


def test_the_files_of_a_directory_are_refused_together(tmp_path: Path) -> None:
    """Two broken files give one error with the problems of both, in the order of their names."""
    (tmp_path / "a.toml").write_text(sample("other"), encoding="utf-8")
    (tmp_path / "b.toml").write_text(sample("b"), encoding="utf-8")
    (tmp_path / "c.toml").write_text("[cloudsuite", encoding="utf-8")
    with pytest.raises(InvalidSettings) as caught:
        load_connections(tmp_path)
    assert [Path(problem.file).name for problem in caught.value.problems] == ["a.toml", "c.toml"]


def test_a_file_that_is_not_there_is_misconfigured(tmp_path: Path) -> None:
    """A missing file, a missing directory and a directory in place of a file say what to do next."""
    for path in (tmp_path / "acme.toml", tmp_path):
        with pytest.raises(Misconfigured, match=r"cannot be read.*ml-connector init"):
            load_connection(path)
    with pytest.raises(Misconfigured, match="ml-connector init"):
        load_connections(tmp_path / "connections")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'name = "acme"\n# Z\xfcrich\n', ":2: is not UTF-8"),
        (b"# " + b"x" * 1_000_000, ":1: is longer than 1000000 bytes"),
        (b"a = " + b"[" * 100_000, ":1: nests brackets too deeply"),
        (b"a = " + b"[" * 150 + b"]" * 150, ":1: a: is not a known key"),
        (b"\na" + b".a" * 20_000 + b" = 1", ":2: holds a key of more than 32 parts"),
        (b"['a'" + b' . "a"' * 20_000 + b"]", ":1: holds a key of more than 32 parts"),
        (b"a = " + b"9" * 5_000, ":1: holds a number with too many digits"),
        (b"", ":1: name: is missing"),
    ],
)
def test_what_is_no_settings_file_at_all_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """Other encodings, huge files, endless brackets and endless numbers are problems like any other."""
    path = tmp_path / "acme.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidSettings) as caught:
        load_connection(path)
    assert f"{path}{said}" in render_errors(caught.value)


def test_a_text_that_nests_too_deeply_is_refused_before_it_is_written(tmp_path: Path) -> None:
    """What an import or a promotion would put in place is read as carefully as a file."""
    with pytest.raises(InvalidSettings, match="nests brackets too deeply"):
        write_connection(tmp_path / "acme.toml", "a = " + "[" * 100_000)
    assert list(tmp_path.iterdir()) == []


def test_products_are_those_that_the_caller_has(tmp_path: Path) -> None:
    """A product line is known if and only if whoever loads the file says so."""
    acme = written(tmp_path, FULL.replace('"fsm"', '"lx"'))
    assert load_connection(acme, products=("fsm", "lx")).cloudsuite.product == "lx"
    with pytest.raises(InvalidSettings, match=r"cloudsuite\.product: .* Known: fsm"):
        load_connection(acme)
