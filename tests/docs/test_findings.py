"""Every finding that the product can make is explained, and nothing else is."""

import ast
import re
from pathlib import Path

from ml_connector.core.reconcile import Discrepancy

ROOT = Path(__file__).parent.parent.parent
MAKERS = {"Finding", "hold", "_order_hold", "Flaw", "_judged"}


def codes_in_source() -> set[str]:
    """The first argument, or `code`, of everything that makes a finding."""
    found: set[str] = set()
    for path in (ROOT / "src/ml_connector").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS:
                given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "code")]
                for argument in given:
                    found |= {
                        part.value
                        for part in ast.walk(argument)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str) and "_" in part.value
                    }
    found = {code for code in found if re.fullmatch(r"[a-z]+(_[a-z]+)+", code)}
    return found | {kind.value for kind in Discrepancy}


def test_every_finding_has_its_row_and_every_row_its_finding() -> None:
    """An operator who meets a code finds it in the table."""
    text = (ROOT / "docs/operating/findings.md").read_text()
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE))
    assert codes_in_source() == explained
