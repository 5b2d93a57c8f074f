"""Which orders and projects would not map, and why: their coding, their rates, and the Jira project that they go to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from ml_connector.core.distributions import distribution_weights, foots
from ml_connector.core.labor import CostPolicy, targets_of
from ml_connector.core.mapping import IssueMapping
from ml_connector.core.misfits import Misfit, Part, Valued, Worth, of_finding
from ml_connector.core.money import Digits, Money, allocate, decimal_from_text, round_to_minor
from ml_connector.core.plan import Plan, World
from ml_connector.core.rates import find_price
from ml_connector.core.records import Coding, Finding, Kind, OrderLine, Person, Project, PurchaseOrder, Row, Severity


@dataclass(frozen=True, slots=True)
class Site:
    """What Jira offers: issue types by Jira project, and by both what an issue must have that we do not fill."""

    types: Mapping[str, frozenset[str]]
    demands: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderFit:
    """What orders and projects are held against. `rough` is what orders that cannot be read stand for, by subject."""

    world: World
    mapping: IssueMapping
    policy: CostPolicy
    site: Site
    rough: Mapping[str, Money] = field(default_factory=dict)

    @property
    def projects(self) -> Mapping[str, Project]:
        """The ERP's projects by number."""
        return {project.number: project for project in self.world.projects.values()}


def subject_of(order: PurchaseOrder) -> str:
    """How findings name an order."""
    return f"purchase order {order.key}"


def open_amount(order: PurchaseOrder) -> Money:
    """What the open lines of an order authorize."""
    return Money(sum(line.amount.minor for line in order.lines if not line.closed), order.currency)


def open_orders(world: World) -> Iterator[PurchaseOrder]:
    """The orders that hours can still be logged on."""
    return (order for _, order in sorted(world.orders.items()) if not order.closed)


def rough_worth(rows: Iterable[Row], digits: Digits) -> Money | None:
    """What the lines of an order that cannot be read as a whole add up to; None where not even these can be read."""
    alive = [row for row in rows if not row.deleted]
    currency = next((row.fields.get("currency", "") for row in alive if row.kind is Kind.PURCHASE_ORDER), "")
    try:
        amounts = [_line_amount(row, currency, digits(currency)) for row in alive if row.kind is Kind.ORDER_LINE]
    except ValueError:
        return None
    return Money(sum(amount.minor for amount in amounts), currency)


def _line_amount(row: Row, currency: str, places: int) -> Money:
    quantity, cost = (decimal_from_text(row.fields.get(name) or "0") for name in ("quantity", "unit_cost"))
    return round_to_minor(quantity * cost, currency, places)


def order_misfits(about: OrderFit, plan: Plan) -> Iterator[Misfit]:
    """Everything about open orders and their codings."""
    for order in open_orders(about.world):
        worth = Worth(open_amount(order))
        for misfit in (*_coding_misfits(order, about), *_site_misfits_of_order(order, about)):
            yield Misfit(misfit.code, Part.ORDER, subject_of(order), misfit.message, misfit.remedy, misfit.owner, worth)
    for finding in plan.findings:
        yield from _told_of_records(finding, about)


def _told_of_records(finding: Finding, about: OrderFit) -> Iterator[Misfit]:
    """What the plan says of orders and projects themselves: unreadable, overdrawn, their issues gone or moved."""
    kind, _, key = finding.subject.rpartition(" ")
    blocks = finding.severity is Severity.HOLD
    if finding.code.startswith("rule:"):
        return
    if kind == "purchase order":
        order = about.world.orders.get(key)
        amount = _overdrawn(finding) or (open_amount(order) if order else about.rough.get(finding.subject))
        if finding.code == "unreadable_record" or (order is not None and _is_new(finding, order, about)):
            yield of_finding(finding, Part.ORDER, Worth(amount), blocks=blocks)
    elif kind == "project":
        project = about.world.projects.get(key)
        amount = _overdrawn(finding) or (project.budget if project else None)
        yield of_finding(finding, Part.PROJECT, Worth(amount), blocks=blocks)


def _overdrawn(finding: Finding) -> Money | None:
    """The money that a finding names, without the sign of what is overdrawn."""
    return None if finding.amount is None else Money(abs(finding.amount.minor), finding.amount.currency)


def _is_new(finding: Finding, order: PurchaseOrder, about: OrderFit) -> bool:
    """Whether a finding about an open order was not found from its coding already."""
    told = {misfit.code for misfit in _coding_misfits(order, about)}
    if "negative_line" in told:  # an order of less than nothing is overdrawn by that alone
        told.add("over_authorization")
    return not order.closed and finding.code not in told


def _coding_misfits(order: PurchaseOrder, about: OrderFit) -> Iterator[Finding]:
    targets = targets_of(order, about.policy, about.world.today)
    if isinstance(targets, Finding):
        yield targets
        return
    codings = dict.fromkeys(target.distribution.coding for target in targets)
    for code in dict.fromkeys(coding.project for coding in codings if coding.project):
        yield from _project_misfit(order, code, about.projects.get(code), about.world.today)
    billed = order.type in about.policy.vendor_spend
    if not billed and not all(_priced(coding, order.currency, about) for coding in codings):
        yield Finding(
            "no_rate_in_currency",
            subject_of(order),
            f"Nobody's hour has a rate in {order.currency}, nor an exchange rate into it.",
            "Add a [[rate]], or an [[exchange_rate]], to the connection.",
            owner="finance analyst",
        )
    if order.ends is not None and order.ends < about.world.today:
        why = f"Its validity ended on {order.ends}, and it is still open."
        remedy = "Close it, or extend its validity, in CloudSuite."
        yield Finding("validity_ended", subject_of(order), why, remedy, owner="project manager")


def _project_misfit(order: PurchaseOrder, code: str, project: Project | None, today: date) -> Iterator[Finding]:
    remedy = "Correct the coding in CloudSuite, or open the project again."
    if project is None:
        why = f"It names project {code}, which CloudSuite does not list for the mapped entities."
        yield Finding("unknown_project", subject_of(order), why, remedy, owner="finance analyst")
    elif not project.active:
        why = f"It names project {code}, which is not active."
        yield Finding("inactive_project", subject_of(order), why, remedy, owner="finance analyst")
    elif project.ends is not None and project.ends < today:
        why = f"It names project {code}, which ended on {project.ends}."
        yield Finding("ended_project", subject_of(order), why, remedy, owner="finance analyst")


def _priced(coding: Coding, currency: str, about: OrderFit) -> bool:
    """Whether an hour of anybody who is mapped, or of a person without a mapping, has a price on a coding today."""
    policy, today = about.policy, about.world.today
    people = (*policy.people.values(), Person("", ""))
    return any(find_price(policy.rates, policy.exchanges, each, coding, currency, today, today) for each in people)


def _site_misfits_of_order(order: PurchaseOrder, about: OrderFit) -> Iterator[Finding]:
    rules = about.mapping.orders
    if (Kind.PURCHASE_ORDER, order.key) in about.world.bound:
        return
    jira_project = rules.projects_by_entity.get(order.entity, rules.project)
    yield from _site_misfits(subject_of(order), jira_project, rules.issue_type, about.site)


def _site_misfits(subject: str, jira_project: str, issue_type: str, site: Site) -> Iterator[Finding]:
    """Why an issue could not be made there."""
    if jira_project not in site.types:
        why = f"Its issue would go to Jira project {jira_project}, which does not exist or cannot be seen."
        remedy = "Create it, give the integration user Browse Projects, or map another one."
        yield Finding("unknown_jira_project", subject, why, remedy)
    elif issue_type not in site.types[jira_project]:
        why = f"Its issue would be a {issue_type}, which Jira project {jira_project} does not have."
        yield Finding("unknown_issue_type", subject, why, "Add the issue type to the project, or map another.")
    elif demanded := site.demands.get((jira_project, issue_type)):
        why = f"Jira project {jira_project} demands of each {issue_type}: {', '.join(demanded)}, which we do not fill."
        remedy = "Give the field a default in Jira, make it optional, or map it."
        yield Finding("required_field", subject, why, remedy)


def project_misfits(about: OrderFit) -> Iterator[Misfit]:
    """Active projects that could not become issues."""
    rules = about.mapping.projects
    for project in active_projects(about.world):
        if (Kind.PROJECT, project.key) in about.world.bound:
            continue
        issue_type = rules.types.get(project.type, rules.issue_type)
        for found in _site_misfits(f"project {project.key}", rules.project, issue_type, about.site):
            yield of_finding(found, Part.PROJECT, Worth(project.budget))


def active_projects(world: World) -> Iterator[Project]:
    """The ERP's projects that still run."""
    return (project for _, project in sorted(world.projects.items()) if project.active)


def dimension_misfits(about: OrderFit) -> Iterator[Misfit]:
    """Accounts and cost centers that open orders name and entries may not, a misfit for each currency."""
    policy = about.policy
    for part, known, words in (
        (Part.ACCOUNT, policy.accounts, "does not exist or takes no postings"),
        (Part.COST_CENTER, policy.cost_centers, "does not exist or is not active"),
    ):
        for record in dimensions(about.world, part):
            code = record.subject.rpartition(" ")[2]
            for currency, minor in record.amounts.items() if known is not None and code not in known else ():
                yield Misfit(
                    "unknown_account" if part is Part.ACCOUNT else "inactive_cost_center",
                    part,
                    record.subject,
                    f"Open purchase orders name it, and it {words}.",
                    "Correct the coding of the orders in CloudSuite, or open it for postings.",
                    "finance analyst",
                    Worth(Money(minor, currency)),
                )


def records_of(about: OrderFit, plan: Plan) -> Iterator[Valued]:
    """Everything that is counted of orders, projects, accounts and cost centers. What cannot be read counts too."""
    for order in open_orders(about.world):
        amount = open_amount(order)
        yield Valued(Part.ORDER, subject_of(order), {amount.currency: amount.minor})
    for project in active_projects(about.world):
        yield Valued(Part.PROJECT, f"project {project.key}", {project.budget.currency: project.budget.minor})
    for finding in plan.findings:
        if finding.code == "unreadable_record":
            part = Part.PROJECT if finding.subject.startswith("project ") else Part.ORDER
            amount_known = about.rough.get(finding.subject)
            yield Valued(part, finding.subject, {amount_known.currency: amount_known.minor} if amount_known else {})
    yield from dimensions(about.world, Part.ACCOUNT)
    yield from dimensions(about.world, Part.COST_CENTER)


def dimensions(world: World, part: Part) -> Iterator[Valued]:
    """The accounts, or the cost centers, that open orders name, with the money that is coded to each."""
    words = "GL account" if part is Part.ACCOUNT else "cost center"
    sums: dict[str, dict[str, int]] = {}
    for order in open_orders(world):
        for line in order.lines:
            for coding, minor in () if line.closed else coded(line):
                code = coding.account if part is Part.ACCOUNT else coding.cost_center
                if code:
                    amounts = sums.setdefault(code, {})
                    amounts[order.currency] = amounts.get(order.currency, 0) + minor
    for code, amounts in sorted(sums.items()):
        yield Valued(part, f"{words} {code}", amounts)


def coded(line: OrderLine) -> Iterator[tuple[Coding, int]]:
    """The cents of a line by coding; one whose distributions do not total is split evenly."""
    count = len(line.distributions)
    if not count:
        return
    weights = distribution_weights(line) if foots(line) else (Fraction(1, count),) * count
    for part, minor in zip(line.distributions, allocate(line.amount.minor, weights), strict=True):
        yield part.coding, minor
