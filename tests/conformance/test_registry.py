"""Adding a product line is new files and one line in each register; what is forgotten is red."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.lines import CLAIMS, LINES, WRITE
from conformance.parsers import PARSERS
from conformance.trial import Trial
from ml_connector.demo.products import PRODUCTS as DEMO
from ml_connector.erp.registry import PRODUCTS
from ml_connector.settings.product_lines import KEY_FIELDS
from ml_connector.settings.product_lines import PRODUCTS as SETTINGS
from ml_connector_sandbox.cloudsuite.app import PRODUCTS as SANDBOX

ROOT = Path(__file__).parents[2]
REGISTERS = {
    "a simulated vendor": SANDBOX,
    "a demo": DEMO,
    "settings": SETTINGS,
    "an entry in the suite": {line.product or name for name, line in LINES.items()},
}


@pytest.mark.parametrize("what", REGISTERS)
def test_every_product_line_has_all_that_belongs_to_it(what: str) -> None:
    """An adapter without a sandbox, settings, a demo or an entry here is not finished, nor is one of those without."""
    assert set(REGISTERS[what]) == set(PRODUCTS), what


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_product_line_has_a_page_and_recorded_answers(product: str) -> None:
    """What is known of the vendor, and how surely, is written down; parsers are tried on answers of its shape."""
    page = (ROOT / "docs" / "vendors" / f"{product}.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    assert "how surely it is known" in page.splitlines()[0]
    assert "\n## What the first customer must confirm\n" in page
    assert list((ROOT / "tests" / "erp" / "recorded" / product).glob("*.json")), product
    assert any(name.startswith(f"{product}.") for name in PARSERS), product


@pytest.mark.parametrize("product", LINES)
def test_limits_are_declared_with_a_reason(product: str) -> None:
    """A line that shows less than the others says which claim, and why."""
    limits = LINES[product].limits
    assert set(limits) <= CLAIMS
    assert all(len(reason.split()) > 5 for reason in limits.values())


def test_capabilities_say_what_they_rest_on(trial: Trial) -> None:
    """The line names itself, what it was verified against, and widths and times that the product can use."""
    can = trial.erp.capabilities
    assert can.product == (trial.line.product or trial.product)
    assert can.verified_against
    assert can.reference_width >= 15
    assert can.settle_seconds > 0
    assert can.writes_fields == (WRITE in trial.line.calls) == (can.product in KEY_FIELDS)
    assert not can.writes_fields or can.key_field_width >= 20
