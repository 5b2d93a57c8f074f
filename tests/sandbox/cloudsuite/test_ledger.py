"""The simulated general ledger: what it takes in, what it finds wrong, and what its books hold after a run."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.entries import LEDGER_DEFAULTS
from ml_connector_sandbox.cloudsuite.ledger import GeneralLedger
from ml_connector_sandbox.cloudsuite.seed import seed
from ml_connector_sandbox.cloudsuite.tenant import Tenant

STAGING = "GLTransactionInterface"
NOW = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
RUN_GROUP = "MLC-1"
SEQUENCE = f"{STAGING}.SequenceNumber"


def seeded() -> Tenant:
    """A tenant on 10 November 2026: September and everything before it is closed."""
    made = Tenant(StillClock(NOW), Random(1), dict(LEDGER_DEFAULTS))
    seed(made)
    return made


SEEDED = seeded()


@pytest.fixture
def tenant() -> Tenant:
    """A seeded tenant of a test's own."""
    return copy.deepcopy(SEEDED)


def switch(tenant: Tenant, **values: object) -> None:
    """Set switches of the tenant."""
    assert values.keys() <= LEDGER_DEFAULTS.keys()
    assert isinstance(tenant.switches, dict)
    tenant.switches.update(values)


def row(sequence: int = 1, amount: str = "100.00", **changes: str) -> dict[str, str]:
    """A row that is right by itself."""
    return {
        "FinanceEnterpriseGroup": "ACME",
        "GLTransactionInterface.RunGroup": RUN_GROUP,
        "GLTransactionInterface.SequenceNumber": str(sequence),
        "AccountingEntity": "1000",
        "AccountCode": "612000",
        "AccountingUnit": "IT-DEV",
        "PostingDate": "20261105",
        "TransactionDate": "20261103",
        "CurrencyCode": "USD",
        "TransactionAmount": amount,
        "UnitsAmount": "16",
        "Reference": "PROC-7",
        "Description": "Labor PROC-7",
        "DocumentNumber": "D-1",
        **changes,
    }


def stage(ledger: GeneralLedger, run_group: str = RUN_GROUP, **changes: str) -> None:
    """A balanced pair: labor against clearing. The changes are those of the first row."""
    name = {"GLTransactionInterface.RunGroup": run_group}
    entity = {"AccountingEntity": changes.get("AccountingEntity", "1000")}
    currency = {"CurrencyCode": changes.get("CurrencyCode", "USD")}
    amount = changes.get("TransactionAmount", "100.00")
    ledger.create_unreleased({**row(1), **name, **changes})
    ledger.create_unreleased({**row(2, str(-Decimal(amount)), AccountCode="219900"), **name, **entity, **currency})


def run(ledger: GeneralLedger, run_group: str = RUN_GROUP, *, partial: bool = False) -> None:
    """A real run."""
    ledger.interface(run_group, edit_only=False, edit_and_interface=True, partial_update=partial)


def dry_run(ledger: GeneralLedger, run_group: str = RUN_GROUP) -> None:
    """An edit-only run."""
    ledger.interface(run_group, edit_only=True, edit_and_interface=False, partial_update=False)


def errors(ledger: GeneralLedger) -> dict[str, str]:
    """The error messages of staged rows by sequence."""
    living = [each for each in ledger.rows(STAGING) if not each.deleted]
    return {each.fields[f"{STAGING}.SequenceNumber"]: each.fields.get("ErrorMessage", "") for each in living}


def results(ledger: GeneralLedger) -> list[tuple[str, str, str, str]]:
    """Id, status, passed and failed of every result, oldest first."""
    names = ("GLTransactionInterfaceResult", "Status", "PassedCount", "FailedCount")
    return [
        (each.fields[names[0]], each.fields[names[1]], each.fields[names[2]], each.fields[names[3]])
        for each in ledger.rows("GLTransactionInterfaceResult")
    ]


def test_a_balanced_run_group_becomes_released_lines(tenant: Tenant) -> None:
    """Every field of an interfaced row is found again on its released line."""
    stage(tenant.ledger, Project="IT-2041")
    run(tenant.ledger)
    first: dict[str, Any]
    first, second = tenant.ledger.gl_lines()
    assert first == {
        "line_id": "1",
        "reference": RUN_GROUP,
        "sequence": 1,
        "entity": "1000",
        "account": "612000",
        "cost_center": "IT-DEV",
        "project": "IT-2041",
        "dimensions": {},
        "amount_minor": 10000,
        "currency": "USD",
        "units": "16",
        "posting_date": "2026-11-05",
        "transaction_date": "2026-11-03",
        "period": "2026-11",
        "entered": "2026-11-10T09:00:00+00:00",
        "status": "released",
        "issue_reference": "PROC-7",
        "description": "Labor PROC-7",
        "document": "D-1",
    }
    assert second["amount_minor"] == -10000
    assert results(tenant.ledger) == [("1", "1", "2", "0")]


def test_an_interfaced_row_stays_in_staging_and_does_not_go_through_twice(tenant: Tenant) -> None:
    """A second run of the same run group finds nothing to do, and says so in a result of its own."""
    stage(tenant.ledger)
    run(tenant.ledger)
    run(tenant.ledger)
    assert [each.fields["Status"] for each in tenant.ledger.rows(STAGING)] == ["1", "1"]
    assert len(tenant.ledger.gl_lines()) == 2
    assert results(tenant.ledger) == [("1", "1", "2", "0"), ("2", "1", "0", "0")]


def test_interfaced_rows_leave_staging_where_the_tenant_says_so(tenant: Tenant) -> None:
    """With the switch on, a row is either staged or in the ledger; its key is free again."""
    switch(tenant, fsm_interfaced_rows_removed=True)
    stage(tenant.ledger)
    run(tenant.ledger)
    assert [each.deleted for each in tenant.ledger.rows(STAGING)] == [True, True]
    stage(tenant.ledger)
    assert errors(tenant.ledger) == {"1": "", "2": ""}
    assert len(tenant.ledger.gl_lines()) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"AccountCode": "600001"}, "Account 600001 does not exist"),
        ({"AccountCode": "699999"}, "Account 699999 is inactive"),
        ({"AccountCode": "610000"}, "Account 610000 is not a posting account"),
        ({"AccountCode": "613000"}, "Account 613000 requires a project"),
        ({"AccountingUnit": "NOWHERE"}, "Accounting unit NOWHERE does not exist"),
        ({"AccountingUnit": "LEGACY"}, "Accounting unit LEGACY is inactive"),
        ({"Project": "IT-0"}, "Project IT-0 does not exist"),
        ({"Project": "OPS-900"}, "Project OPS-900 is inactive"),
        ({"PostingDate": "20260915"}, "Period 2026-09 is closed for accounting entity 1000"),
        ({"PostingDate": "20310101"}, "No period for posting date 20310101 in accounting entity 1000"),
        ({"AccountingEntity": "3000"}, "Accounting entity 3000 does not exist"),
        ({"CurrencyCode": "XXX"}, "Currency XXX is not set up"),
        (
            {"CurrencyCode": "JPY", "TransactionAmount": "100.50"},
            "Amount 100.50 has more than 0 decimal places, which JPY does not have",
        ),
        (
            {"TransactionAmount": "100.005"},
            "Amount 100.005 has more than 2 decimal places, which USD does not have",
        ),
    ],
)
def test_an_edit_names_what_is_wrong_with_a_row(tenant: Tenant, changes: dict[str, str], message: str) -> None:
    """Each rule of the ledger is told in the row that breaks it, and nothing of the journal goes through."""
    stage(tenant.ledger, **changes)
    dry_run(tenant.ledger)
    assert errors(tenant.ledger)["1"] == message
    run(tenant.ledger)
    assert tenant.ledger.gl_lines() == []
    assert results(tenant.ledger) == [("1", "2", "0", "2")]


def test_whole_amounts_pass_in_a_currency_without_decimals(tenant: Tenant) -> None:
    """An amount in yen is its own minor unit, also where idle zeros follow."""
    stage(tenant.ledger, CurrencyCode="JPY", TransactionAmount="1200.00")
    run(tenant.ledger)
    assert [line["amount_minor"] for line in tenant.ledger.gl_lines()] == [1200, -1200]


def test_a_run_group_must_net_to_zero_per_entity_and_currency(tenant: Tenant) -> None:
    """Dollars do not balance euros, nor one entity the other, though the plain sum is zero."""
    tenant.ledger.create_unreleased(row(1, "5.00"))
    tenant.ledger.create_unreleased(row(2, "-5.00", CurrencyCode="EUR"))
    tenant.ledger.create_unreleased(row(3, "-5.00", AccountingEntity="2000"))
    tenant.ledger.create_unreleased(row(4, "5.00", AccountingEntity="2000", CurrencyCode="EUR"))
    dry_run(tenant.ledger)
    assert errors(tenant.ledger) == {
        "1": "Run group is out of balance by 5.00 USD in accounting entity 1000",
        "2": "Run group is out of balance by -5.00 EUR in accounting entity 1000",
        "3": "Run group is out of balance by -5.00 USD in accounting entity 2000",
        "4": "Run group is out of balance by 5.00 EUR in accounting entity 2000",
    }


def test_a_row_without_currency_takes_its_entitys(tenant: Tenant) -> None:
    """The functional currency stands in for a missing one."""
    for sequence, amount in ((1, "7.00"), (2, "-7.00")):
        fields = row(sequence, amount, AccountingEntity="2000", AccountingUnit="ENG-2")
        del fields["CurrencyCode"]
        tenant.ledger.create_unreleased(fields)
    run(tenant.ledger)
    assert [line["currency"] for line in tenant.ledger.gl_lines()] == ["EUR", "EUR"]


def test_an_edit_only_run_changes_nothing_but_error_messages(tenant: Tenant) -> None:
    """After a dry run there is no line and no result, and a corrected cause clears the message in the next one."""
    stage(tenant.ledger, AccountingUnit="LEGACY")
    dry_run(tenant.ledger)
    assert (tenant.ledger.gl_lines(), results(tenant.ledger)) == ([], [])
    tenant.set_cost_center("LEGACY", active=True)
    dry_run(tenant.ledger)
    assert errors(tenant.ledger) == {"1": "", "2": ""}


@pytest.mark.parametrize("by", ["switch", "fault"])
def test_an_edit_only_run_may_write_a_result(tenant: Tenant, by: str) -> None:
    """By switch or by fault a dry run leaves a result that looks like a success, while nothing was released."""
    if by == "switch":
        switch(tenant, fsm_edit_only_writes_result=True)
    else:
        tenant.ledger.strikes = "edit_only_writes_result".__eq__
    stage(tenant.ledger)
    dry_run(tenant.ledger)
    assert results(tenant.ledger) == [("1", "1", "2", "0")]
    assert tenant.ledger.gl_lines() == []


def test_a_run_without_either_option_only_edits(tenant: Tenant) -> None:
    """Nothing is interfaced that was not asked to be."""
    stage(tenant.ledger, AccountingUnit="LEGACY")
    tenant.ledger.interface(RUN_GROUP, edit_only=False, edit_and_interface=False, partial_update=False)
    assert errors(tenant.ledger)["1"] == "Accounting unit LEGACY is inactive"
    assert (tenant.ledger.gl_lines(), results(tenant.ledger)) == ([], [])


def test_an_error_holds_back_its_own_entity_alone(tenant: Tenant) -> None:
    """Without partial update the other entity's rows go through, and the result counts both."""
    stage(tenant.ledger, AccountCode="699999")
    tenant.ledger.create_unreleased(row(3, "9.00", AccountingEntity="2000", CurrencyCode="EUR"))
    tenant.ledger.create_unreleased(row(4, "-9.00", AccountingEntity="2000", CurrencyCode="EUR"))
    run(tenant.ledger)
    assert [line["entity"] for line in tenant.ledger.gl_lines()] == ["2000", "2000"]
    assert results(tenant.ledger) == [("1", "2", "2", "2")]


def test_partial_update_releases_a_part_of_a_journal(tenant: Tenant) -> None:
    """With partial update the good row goes through alone: the ledger is out of balance."""
    stage(tenant.ledger, AccountCode="699999")
    run(tenant.ledger, partial=True)
    assert [line["amount_minor"] for line in tenant.ledger.gl_lines()] == [-10000]
    assert results(tenant.ledger) == [("1", "2", "1", "1")]


def test_a_status_of_its_own_for_rows_in_error(tenant: Tenant) -> None:
    """A tenant may show rows in error as such; a reset takes message and status back."""
    switch(tenant, fsm_error_status="3")
    stage(tenant.ledger, AccountCode="699999")
    dry_run(tenant.ledger)
    assert [each.fields["Status"] for each in tenant.ledger.rows(STAGING)] == ["3", "0"]
    tenant.ledger.reset_errors(RUN_GROUP)
    assert [each.fields["Status"] for each in tenant.ledger.rows(STAGING)] == ["0", "0"]
    assert errors(tenant.ledger) == {"1": "", "2": ""}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"PostingDate": ""}, "PostingDate is required"),
        ({"GLTransactionInterface.RunGroup": ""}, "GLTransactionInterface.RunGroup is required"),
        ({"GLTransactionInterface.RunGroup": "R" * 31}, "RunGroup: value is longer than 30 characters"),
        ({"Description": "d" * 61}, "Description: value is longer than 60 characters"),
        ({"Reference": "r" * 31}, "Reference: value is longer than 30 characters"),
        ({"DocumentNumber": "n" * 31}, "DocumentNumber: value is longer than 30 characters"),
        ({"PostingDate": "20261131"}, "PostingDate: 20261131 is not a valid date"),
        ({"TransactionDate": "2026-11-05"}, "TransactionDate: value is longer than 8 characters"),
        ({"TransactionAmount": "12,50"}, "TransactionAmount: 12,50 is not a valid number"),
        ({"GLTransactionInterface.SequenceNumber": "1.5"}, "SequenceNumber: 1.5 is not a valid number"),
        ({"FinanceEnterpriseGroup": "OTHER"}, "FinanceEnterpriseGroup OTHER does not exist"),
        ({"Status": "1"}, "Status may not be set"),
        ({"Colour": "red"}, "Field Colour is not defined"),
    ],
)
def test_a_malformed_row_is_refused_and_not_staged(tenant: Tenant, changes: dict[str, str], message: str) -> None:
    """What has no shape never reaches staging."""
    with pytest.raises(Refused, match=message):
        tenant.ledger.create_unreleased(row() | changes)
    assert tenant.ledger.rows(STAGING) == []


def test_the_widest_values_are_taken(tenant: Tenant) -> None:
    """Each width is the last length that fits."""
    name = {"GLTransactionInterface.RunGroup": "R" * 30}
    changes = {**name, "Description": "d" * 60, "Reference": "r" * 30, "DocumentNumber": "n" * 30}
    tenant.ledger.create_unreleased(row() | changes)
    assert tenant.ledger.rows(STAGING)[0].fields.items() >= changes.items()


def test_names_with_and_without_the_prefix_mean_the_same_field(tenant: Tenant) -> None:
    """A row whose key fields are spelled plainly, and whose others carry the prefix, has the same key."""
    tenant.ledger.create_unreleased(row())
    other = {name.removeprefix(f"{STAGING}."): value for name, value in row().items()}
    other[f"{STAGING}.AccountCode"] = other.pop("AccountCode")
    with pytest.raises(Refused, match="already exists"):
        tenant.ledger.create_unreleased(other)


def test_a_key_collides_until_its_row_is_deleted(tenant: Tenant) -> None:
    """The same run group and sequence, however the number is spelled, is one row."""
    tenant.ledger.create_unreleased(row(1))
    with pytest.raises(Refused, match="already exists: ACME, MLC-1, 1"):
        tenant.ledger.create_unreleased(row() | {SEQUENCE: "01"})
    tenant.ledger.delete_all(RUN_GROUP)
    tenant.ledger.create_unreleased(row(1))
    assert [each.deleted for each in tenant.ledger.rows(STAGING)] == [False]


@pytest.mark.parametrize("by", ["switch", "fault"])
def test_without_enforced_keys_a_repeated_journal_is_released_twice(tenant: Tenant, by: str) -> None:
    """Where the tenant does not enforce the key, staging again doubles the cost."""
    if by == "switch":
        switch(tenant, fsm_keys_enforced=False)
    else:
        tenant.ledger.strikes = "keys_not_enforced".__eq__
    stage(tenant.ledger)
    stage(tenant.ledger)
    run(tenant.ledger)
    assert [line["sequence"] for line in tenant.ledger.gl_lines()] == [1, 2, 1, 2]


def test_deleting_a_double_leaves_the_key_of_the_interfaced_row_taken(tenant: Tenant) -> None:
    """Where a double was let in and deleted again, the row that became an entry still holds its key."""
    stage(tenant.ledger)
    run(tenant.ledger)
    switch(tenant, fsm_keys_enforced=False)
    stage(tenant.ledger)
    switch(tenant, fsm_keys_enforced=True)
    tenant.ledger.delete_all(RUN_GROUP)
    with pytest.raises(Refused, match="already exists"):
        tenant.ledger.create_unreleased(row())


def test_a_struck_row_is_not_staged(tenant: Tenant) -> None:
    """A row that fails at random leaves its key free, so that it can be sent again."""
    tenant.ledger.strikes = "partial_batch".__eq__
    with pytest.raises(Refused):
        tenant.ledger.create_unreleased(row())
    tenant.ledger.strikes = lambda _fault: False
    tenant.ledger.create_unreleased(row())
    assert len(tenant.ledger.rows(STAGING)) == 1


def test_delete_all_leaves_what_became_entries(tenant: Tenant) -> None:
    """A roll-back takes the waiting rows of its run group, and neither interfaced rows nor other groups."""
    stage(tenant.ledger)
    run(tenant.ledger)
    tenant.ledger.create_unreleased(row(3))
    stage(tenant.ledger, "MLC-2")
    tenant.ledger.delete_all(RUN_GROUP)
    left = [each.key for each in tenant.ledger.rows(STAGING) if not each.deleted]
    assert left == [("ACME", name, number) for name in (RUN_GROUP, "MLC-2") for number in "12"]
    assert len(tenant.ledger.gl_lines()) == 2


def test_finance_posts_one_entity_or_all(tenant: Tenant) -> None:
    """Posting turns released into posted, once, and moves the actuals and the remainder of the project."""
    stage(tenant.ledger, Project="IT-2041")
    stage(tenant.ledger, "MLC-2", AccountingEntity="2000", CurrencyCode="EUR", AccountingUnit="ENG-2")
    run(tenant.ledger, "")
    before = project(tenant, "IT-2041")
    assert (tenant.ledger.post_released("1000"), tenant.ledger.post_released("1000")) == (2, 0)
    assert Counter(line["status"] for line in tenant.ledger.gl_lines()) == {"posted": 2, "released": 2}
    after = project(tenant, "IT-2041")
    assert after["ProjectActualAmount"] - before["ProjectActualAmount"] == Decimal("100.00")
    assert after["RemainingBudget"] - before["RemainingBudget"] == Decimal("-100.00")
    assert tenant.ledger.post_released() == 2


def project(tenant: Tenant, code: str) -> dict[str, Decimal]:
    """The amounts of a project that posting moves."""
    found = tenant.tables["Project"].get("ACME", code)
    assert found is not None
    return {name: Decimal(found.fields[name]) for name in ("ProjectActualAmount", "RemainingBudget")}


def test_released_lines_can_vanish_and_posted_ones_cannot(tenant: Tenant) -> None:
    """Finance deletes released lines of one reference; the list shows them as deleted, the books not at all."""
    for name in ("MLC-1", "MLC-2"):
        stage(tenant.ledger, name)
        run(tenant.ledger, name)
    assert tenant.ledger.delete_released("MLC-1") == 2
    assert [each.deleted for each in tenant.ledger.rows("GLTransactionDetail")] == [True, True, False, False]
    assert tenant.ledger.post_released() == 2
    assert tenant.ledger.delete_released("MLC-2") == 0
    assert [(line["reference"], line["status"]) for line in tenant.ledger.gl_lines()] == [("MLC-2", "posted")] * 2


def test_a_lines_status_is_a_word_or_a_code(tenant: Tenant) -> None:
    """Both spellings mean the same to the books."""
    stage(tenant.ledger, "MLC-1")
    run(tenant.ledger, "MLC-1")
    switch(tenant, fsm_detail_status_as_code=True)
    stage(tenant.ledger, "MLC-2")
    run(tenant.ledger, "MLC-2")
    shown = [each.fields["Status"] for each in tenant.ledger.rows("GLTransactionDetail")]
    assert shown == ["Released", "Released", "1", "1"]
    assert {line["status"] for line in tenant.ledger.gl_lines()} == {"released"}
    tenant.ledger.post_released()
    assert {each.fields["Status"] for each in tenant.ledger.rows("GLTransactionDetail")} == {"2"}
    assert {line["status"] for line in tenant.ledger.gl_lines()} == {"posted"}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda tenant: pickle.loads(pickle.dumps(tenant))])
def test_a_copy_keeps_books_of_its_own(tenant: Tenant, copied: Callable[[Tenant], Tenant]) -> None:
    """What happens in a copy, projects included, leaves the original as it was."""
    stage(tenant.ledger, Project="IT-2041")
    run(tenant.ledger)
    other = copied(tenant)
    other.ledger.post_released()
    assert {line["status"] for line in tenant.ledger.gl_lines()} == {"released"}
    assert {line["status"] for line in other.ledger.gl_lines()} == {"posted"}
    moved = project(other, "IT-2041")["ProjectActualAmount"] - project(tenant, "IT-2041")["ProjectActualAmount"]
    assert moved == Decimal("100.00")


Choice = tuple[str, str, int, bool]
CHOICES = st.tuples(
    st.sampled_from(["1000", "2000"]),
    st.sampled_from(["USD", "EUR"]),
    st.integers(-(10**9), 10**9),
    st.booleans(),
)


@settings(deadline=None)  # A busy machine is no fault of the ledger.
@given(st.lists(CHOICES, max_size=12))
def test_the_ledger_always_balances_without_partial_update(choices: list[Choice]) -> None:
    """Whatever is staged, an entity's rows go through whole and balanced in each currency, or not at all."""
    made = copy.deepcopy(SEEDED)
    for number, (entity, currency, cents, broken) in enumerate(choices, 1):
        changes = {
            "AccountingEntity": entity,
            "CurrencyCode": currency,
            "AccountCode": "699999" if broken else "612000",
        }
        made.ledger.create_unreleased(row(2 * number, str(Decimal(cents) / 100), **changes))
        if number % 3:
            balance = {**changes, "AccountCode": "219900"}
            made.ledger.create_unreleased(row(2 * number + 1, str(Decimal(-cents) / 100), **balance))
    run(made.ledger)
    lines: list[dict[str, Any]] = made.ledger.gl_lines()
    sums: Counter[tuple[str, str]] = Counter()
    for line in lines:
        sums[line["entity"], line["currency"]] += line["amount_minor"]
    staged = Counter(each.fields["AccountingEntity"] for each in made.ledger.rows(STAGING))
    through = Counter(line["entity"] for line in lines)
    assert not any(sums.values())
    assert all(through[entity] == staged[entity] for entity in through)
    assert results(made.ledger)[0][2:] == (str(len(lines)), str(staged.total() - len(lines)))
