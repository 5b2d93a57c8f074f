"""What one connection file may say: a frozen model whose docstrings are the words of the JSON Schema.

Names are those of the TOML file. What compares two keys with each other is in `relations.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ml_connector.settings.costing import Burden, OnCall, Premium, TimeRounding, WorkCalendar
from ml_connector.settings.product_lines import KEY_FIELDS, M3, PRODUCTS, Csi, Fsm, Ln
from ml_connector.settings.section import Section
from ml_connector.settings.values import (
    Amount,
    ConnectionName,
    ContextPath,
    Currency,
    ErpField,
    Expression,
    Host,
    JiraProjectKey,
    OptionalErpField,
    OptionalText,
    PositiveAmount,
    PropertyKey,
    PublicUrl,
    RatesFile,
    ReferencePrefix,
    RuleName,
    SiteUrl,
    Text,
    TimeZone,
)

DAY_SECONDS = 86_400

SettleSeconds = Annotated[int, Field(ge=1, le=DAY_SECONDS)]


class CloudSuite(Section):
    """The ERP's side."""

    product: Text = "fsm"
    """Product line of CloudSuite."""
    enterprise_group: OptionalText = ""
    """The finance enterprise group that all records are read from and posted to; FSM needs it."""
    entities: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Accounting entities (companies) whose orders, projects and journals this connection handles."""
    key_field: ErpField = KEY_FIELDS["fsm"][0]
    """Field of the purchase order that receives the issue key; each product line has its own default."""
    project_key_field: ErpField = KEY_FIELDS["fsm"][1]
    """Field of the project that receives the issue key; each product line has its own default."""
    remaining_field: OptionalErpField = ""
    """Field of the purchase order that receives the remaining budget; empty writes none."""
    project_remaining_field: OptionalErpField = ""
    """Field of the project that receives the remaining budget; empty writes none."""
    client_authentication: Literal["basic", "body"] = "basic"
    """Where the client id and secret travel in a token request: in the Basic header or in the form."""
    page_rows: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    """Rows asked for in one page of a list."""
    batch_rows: Annotated[int, Field(ge=1, le=100)] = 50
    """Records written in one batch call."""
    settle_seconds: SettleSeconds = 360
    """Seconds that an ambiguous write is left alone before it is looked up; longer than any gateway time-out."""
    calls_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Calls a minute that we allow ourselves; absent, the limit is found from the gateway's answers."""
    detail_reference_field: ErpField = "RunGroup"
    """Field of the posted GL detail that carries our reference."""
    fields: Mapping[Text, Mapping[Text, Text]] = {}
    """Fields that are named otherwise in this tenant: a table for each class (CSI: IDO), our name to the ERP's."""
    m3: M3 = M3()
    """How an M3 tenant is set up."""
    csi: Csi = Csi()
    """How the sites of CSI (SyteLine) are set up."""
    fsm: Fsm = Fsm()
    """What FSM alone needs."""
    ln: Ln = Ln()
    """What LN alone needs."""

    @model_validator(mode="before")
    @classmethod
    def _own_key_fields(cls, values: object) -> object:
        """Each product line keeps the issue key elsewhere."""
        if not isinstance(values, Mapping):
            return values
        order, project = KEY_FIELDS.get(str(values.get("product", "fsm")), KEY_FIELDS["fsm"])
        return {"key_field": order, "project_key_field": project, **values}


class PriorityStep(Section):
    """From this authorized amount on, in this currency, an order's issue gets this priority."""

    authorized_from: Amount
    """Authorized amount of the order, in major units of the currency."""
    currency: Currency
    """Currency of the order."""
    priority: Text
    """Name of a Jira priority."""


class JiraOrders(Section):
    """How purchase orders become issues."""

    project: JiraProjectKey
    """Jira project that receives the issues."""
    issue_type: Text = "Task"
    """Issue type of an order."""
    projects_by_entity: Mapping[Text, JiraProjectKey] = {}
    """Another Jira project for the orders of an accounting entity."""
    priority: OptionalText = ""
    """Priority of a new issue that no step applies to; empty leaves it to Jira."""
    priorities: tuple[PriorityStep, ...] = ()
    """Steps by authorized amount; the highest step that is reached counts."""
    closed_status: OptionalText = ""
    """Status that the issue is moved to when the order is closed; empty moves none."""
    line_issue_type: OptionalText = ""
    """Issue type of a sub-task for each line of an order; empty makes none."""
    tell_changes: bool = True
    """Whether a change of an order is told on its issue, as one remark."""
    under_project: bool = False
    """Whether an order's issue lies under the issue of the project that its first line is coded to."""
    authorization_property: PropertyKey = "ml-connector.authorization"
    """Key of the issue property that says, for machines, what the order authorizes; empty writes none."""
    inherit: bool = True
    """Whether hours on issues below an order's issue (sub-tasks, stories of an epic) are charged to the order."""


class JiraProjects(Section):
    """How projects of the ERP become issues."""

    project: JiraProjectKey
    """Jira project that receives the issues."""
    issue_type: Text = "Epic"
    """Issue type of a project whose type is not named in `types`."""
    types: Mapping[Text, Text] = {}
    """The ERP's project type to the issue type."""
    closed_status: OptionalText = ""
    """Status that the issue is moved to when the project is no longer active; empty moves none."""
    statuses: Mapping[Text, Text] = {}
    """The ERP's project status to the Jira status that the issue is moved to."""


class JiraFields(Section):
    """Where an issue shows what the ERP says: the id or the name of a Jira field each; empty shows nothing."""

    po_number: OptionalText = ""
    """Number of the purchase order."""
    vendor: OptionalText = ""
    """Vendor of the purchase order."""
    cost_center: OptionalText = ""
    """Cost center that the order is coded to."""
    gl_account: OptionalText = ""
    """GL account that the order is coded to."""
    project: OptionalText = ""
    """Project of the ERP that the order is coded to."""
    authorized: OptionalText = ""
    """Authorized amount."""
    remaining: OptionalText = ""
    """Remaining budget."""


Owner = Literal["erp", "jira", "first"]


class JiraOwnership(Section):
    """Who decides what a field of an issue reads: CloudSuite, people in Jira, or whoever filled it first."""

    summary: Owner = "erp"
    """Owner of the summary."""
    description: Owner = "erp"
    """Owner of the description."""
    priority: Owner = "erp"
    """Owner of the priority."""
    po_number: Owner = "erp"
    """Owner of the field for the order's number."""
    vendor: Owner = "erp"
    """Owner of the field for the vendor."""
    cost_center: Owner = "erp"
    """Owner of the field for the cost center."""
    gl_account: Owner = "erp"
    """Owner of the field for the GL account."""
    project: Owner = "erp"
    """Owner of the field for the ERP's project."""
    authorized: Owner = "erp"
    """Owner of the field for the authorized amount."""
    remaining: Owner = "erp"
    """Owner of the field for the remaining budget."""


class JiraWebhook(Section):
    """How Jira tells of changes at once. Without it the books are the same, only later."""

    kind: Literal["off", "admin", "dynamic"] = "off"
    """Whose webhook it is: an administrator's (tells of hours), an app's (tells of issues alone), or nobody's."""
    public_url: PublicUrl = ""
    """Where Jira reaches this service: scheme, host, and a port that Jira calls; empty without a webhook."""


class Jira(Section):
    """Jira's side."""

    deployment: Literal["cloud", "datacenter"] = "cloud"
    """Kind of Jira: Atlassian's cloud, or a Data Center of one's own."""
    url: SiteUrl
    """Address of the site: scheme and host."""
    context_path: ContextPath = ""
    """Path below which a Data Center serves; empty where it serves at its address itself."""
    gateway_url: SiteUrl = "https://api.atlassian.com"
    """Atlassian's gateway: scoped tokens, service accounts and OAuth call the site through it."""
    sign_in_url: SiteUrl = "https://auth.atlassian.com"
    """Atlassian's authorization server, for OAuth and service accounts."""
    settle_seconds: SettleSeconds = 120
    """Seconds between an ambiguous create and each of the two searches that must both find nothing."""
    comments: bool = False
    """Whether comments of worklogs are read and kept, for rules that look at them."""
    orders: JiraOrders
    """How purchase orders become issues."""
    projects: JiraProjects
    """How projects become issues."""
    fields: JiraFields = JiraFields()
    """Where an issue shows what the ERP says."""
    ownership: JiraOwnership = JiraOwnership()
    """Who decides what a field of an issue reads."""
    webhook: JiraWebhook = JiraWebhook()
    """How Jira tells of changes at once."""

    @property
    def site(self) -> str:
        """Where everything of the site is."""
        return self.url + self.context_path


class StatusBack(Section):
    """Status of an issue, written back to a field of the ERP's record."""

    kind: Literal["project", "purchase_order"] = "project"
    """Kind of record that is written."""
    field: ErpField = "ProjectStatus"
    """Field of the ERP that is written."""
    values: Annotated[Mapping[Text, Text], Field(min_length=1)]
    """Jira status to the value that the field receives; another status writes nothing."""


class Network(Section):
    """How we reach the vendors."""

    allowed_hosts: tuple[Host, ...] = ()
    """Hosts that may be called although they resolve to a private, local or link-local address."""
    ca_file: OptionalText = ""
    """Path of a PEM file with the authorities to trust; empty trusts those of the machine."""


class Approval(Section):
    """What needs a second person."""

    automatic_below: PositiveAmount | None = None
    """Gross amount under which a posting needs no approval, in major units, counted apart in each currency."""


class Posting(Section):
    """How labor cost is grouped, dated and posted."""

    grain: Literal["worklog", "person-day", "issue-day", "po-period"] = "person-day"
    """What one line of a journal stands for."""
    lines_max: Annotated[int, Field(ge=2, le=1_000)] = 100
    """Most lines of one journal; more hours make more journals."""
    reference_prefix: ReferencePrefix = "MLC"
    """First letters of every reference that we post under; no other system in the ERP may use them."""
    correction: Literal["reversal", "net_delta"] = "reversal"
    """How the ledger shows a changed cost: a reversal and a replacement, or one line of the difference."""
    closed_period: Literal["hold", "next_open"] = "hold"
    """What happens to work in a closed period: hold it, or date it to the first day of the next open one."""
    hours_per_day_max: Annotated[int, Field(ge=1, le=24)] = 24
    """Hours of one person and day above which the day is held."""
    cadence_seconds: Annotated[int, Field(ge=0, le=31 * DAY_SECONDS)] = DAY_SECONDS
    """Seconds between two proposals of the schedule; 0 proposes with every run. Who runs `sync` does not wait."""
    cooling_off_seconds: Annotated[int, Field(ge=0, le=31 * DAY_SECONDS)] = 0
    """Seconds for which an entry must not have changed before it is posted."""
    attestation: bool = False
    """Whether hours are posted only after somebody attested them."""
    time_rounding: TimeRounding = TimeRounding()
    """Rounding of time before it costs anything."""
    approval: Approval = Approval()
    """What needs a second person."""
    earliest: Mapping[Text, date] = {}
    """Earliest posting date of an entity, set by finance; it holds even where the ERP reopens a period."""


class Clearing(Section):
    """Credit side of labor cost for the people of one entity."""

    account: Text
    """GL account that is credited (labor clearing, labor absorption)."""
    cost_center: OptionalText = ""
    """Cost center of the credit line; empty for none."""
    project: OptionalText = ""
    """Project of the credit line; empty for none."""
    accrual_account: OptionalText = ""
    """GL account that accruals of unposted hours are credited to; empty takes `account`."""


class Schedule(Section):
    """When `ml-connector serve` works on this connection."""

    interval_seconds: Annotated[int, Field(ge=1, le=DAY_SECONDS)] = 60
    """Seconds from the start of one run to the start of the next."""
    sweep_seconds: Annotated[int, Field(ge=1, le=7 * DAY_SECONDS)] = 3_600
    """Seconds between two searches for issues that were deleted or moved."""
    reconcile_seconds: Annotated[int, Field(ge=1, le=31 * DAY_SECONDS)] = DAY_SECONDS
    """Seconds between two reconciliations of Jira's hours, our ledger and the general ledger."""
    jitter_seconds: Annotated[int, Field(ge=0, le=DAY_SECONDS)] = 5
    """A random part of this many seconds at most is added to each wait."""


class Person(Section):
    """A Jira account and the employee behind it."""

    account_id: Text
    """Account id in Jira; of a Data Center, the user key."""
    name: Text
    """Name, as reports show it."""
    employee: OptionalText = ""
    """Employee number; a rate may name it."""
    role: OptionalText = ""
    """Role; a rate may name it."""
    entity: OptionalText = ""
    """Employing accounting entity; empty where it does not matter."""
    left: date | None = None
    """Last day of employment; hours of later days are held."""
    calendar: OptionalText = ""
    """Name of the `[[calendar]]` that the person works by; empty takes the employing entity's."""


class Rate(Section):
    """Cost of an hour from a day on: of a person or role, perhaps on one project; of a cost center; or of all."""

    person: OptionalText = ""
    """Account id or employee number of a person in this file."""
    role: OptionalText = ""
    """Role of people in this file."""
    project: OptionalText = ""
    """Project of the ERP; only together with a person or a role."""
    cost_center: OptionalText = ""
    """Cost center; only alone."""
    amount: PositiveAmount
    """Cost of one hour, in major units of the currency."""
    currency: Currency
    """Currency of the orders that this rate is for."""
    effective: Annotated[date, Field(alias="from")]
    """First day of work that the rate is for."""
    known_since: date | None = None
    """Day on which the rate was agreed: nothing that is costed before that day is costed by it."""

    @property
    def scope(self) -> tuple[str, str, str, str]:
        """Whom and what the rate is for; empty text where it does not ask."""
        return (self.person, self.role, self.project, self.cost_center)


class ExchangeRate(Section):
    """What one unit of a currency is worth in another, from a day on."""

    base: Currency
    """Currency of the rates that are converted."""
    quote: Currency
    """Currency of the orders that they are converted for."""
    rate: PositiveAmount
    """What one unit of the base is worth in the quote."""
    effective: Annotated[date, Field(alias="from")]
    """First day of work that it is for."""
    source: Text
    """Who says so; stored with every line that it converts."""


class Recode(Section):
    """From a day of work on, one code of an order's coding is posted as another."""

    part: Literal["account", "cost_center", "project", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]
    """Part of the coding: GL account, cost center, project, or the number of a finance dimension."""
    code: OptionalText = ""
    """What the order names; empty where it names nothing."""
    becomes: OptionalText = ""
    """What is posted in its place; empty posts none."""
    effective: Annotated[date, Field(alias="from")]
    """First day of work that it is for."""


class OrderType(Section):
    """What consumes the budget of purchase orders of one type."""

    code: Text
    """The ERP's code for the type, exactly as it tells it."""
    budget: Literal["labor", "vendor_spend"] = "labor"
    """Hours logged consume it, or the vendor's invoices do and hours carry no money."""


class RuleExample(Section):
    """A record that a rule is tried on whenever the file is loaded."""

    given: Mapping[Text, Mapping[Text, bool | int | float | OptionalText]] = {}
    """Facts, in a table for each record; what is not given is empty, 0 or false."""
    fires: bool
    """Whether the rule fires for it."""


class Rule(Section):
    """What happens to hours that a condition holds for. The name of a rule of the default pack takes its place."""

    name: RuleName
    """Name of the rule, as findings carry it; each once."""
    when: Expression
    """Condition in CEL over the facts of an entry, its order, its coding and its rate."""
    then: Literal["hold", "warn", "route", "reject"]
    """What follows: the hours wait, are costed with a finding, need an approval, or are refused."""
    message: Text
    """What is wrong, as the finding says it."""
    remedy: Text
    """What to do about it."""
    owner: Text = "project manager"
    """Role whose job the remedy is."""
    example: tuple[RuleExample, ...] = ()
    """Records that the rule is tried on."""


class Rules(Section):
    """The rules that come with the product."""

    off: tuple[RuleName, ...] = ()
    """Rules of the default pack that are not in force."""
    on: tuple[RuleName, ...] = ()
    """Rules of the default pack that are in force although they are off as they come."""


class FiscalPeriod(Section):
    """A period of an entity's fiscal calendar, for ERPs that do not tell theirs or its state."""

    entity: Text
    """Accounting entity."""
    name: Text
    """Name of the period, as finance calls it."""
    begins: Annotated[date, Field(alias="from")]
    """First day."""
    ends: Annotated[date, Field(alias="to")]
    """Last day."""
    closed: bool = False
    """Whether it takes no postings any more. Where CloudSuite tells the state of a day, CloudSuite counts."""


class Connection(Section):
    """One CloudSuite tenant, one Jira site, and how they are kept in step."""

    name: ConnectionName
    """Name of the connection, equal to the name of the file."""
    post_from: date | None = None
    """First day of work that is costed; absent, nothing is posted."""
    time_zone: TimeZone = "UTC"
    """IANA zone that decides on which day work was done."""
    unprojected: Literal["skip", "default_project"] = "skip"
    """What happens to orders without a project: left out with a finding, or counted on `default_project`."""
    default_project: OptionalText = ""
    """Project of the ERP for orders without one."""
    cloudsuite: CloudSuite
    """The ERP's side."""
    jira: Jira
    """Jira's side."""
    status_back: tuple[StatusBack, ...] = ()
    """Statuses that are written back to the ERP."""
    network: Network = Network()
    """How we reach the vendors."""
    posting: Posting = Posting()
    """How labor cost is grouped, dated and posted."""
    clearing: Mapping[Text, Clearing]
    """Credit side of labor cost, by entity."""
    schedule: Schedule = Schedule()
    """When the service works on this connection."""
    person: tuple[Person, ...] = ()
    """People whose hours are costed."""
    rates_file: RatesFile = ""
    """CSV file with more rates, beside this file; `ml-connector rates import` writes it."""
    rate: tuple[Rate, ...] = ()
    """Cost of an hour."""
    calendar: tuple[WorkCalendar, ...] = ()
    """Which days are no working days, for premiums."""
    on_call: tuple[OnCall, ...] = ()
    """Who is on call when, for premiums."""
    premium: tuple[Premium, ...] = ()
    """Multiples of the rate."""
    burden: tuple[Burden, ...] = ()
    """Percentages of labor cost on lines of their own."""
    exchange_rate: tuple[ExchangeRate, ...] = ()
    """Rates of exchange, for orders in other currencies than the rates of an hour."""
    recode: tuple[Recode, ...] = ()
    """Codes that are posted as others, from a day of work on."""
    order_type: tuple[OrderType, ...] = ()
    """What consumes the budget of purchase orders, by the ERP's type; labor does where a type is not named."""
    period: tuple[FiscalPeriod, ...] = ()
    """Fiscal calendar, where CloudSuite does not tell it."""
    rules: Rules = Rules()
    """The rules that come with the product."""
    rule: tuple[Rule, ...] = ()
    """Rules of one's own."""


def schema(products: tuple[str, ...] = PRODUCTS) -> dict[str, object]:
    """JSON Schema of a connection file, for editors that complete and check TOML."""
    built: dict[str, object] = Connection.model_json_schema()
    definitions = built["$defs"]
    assert isinstance(definitions, dict)
    definitions["CloudSuite"]["properties"]["product"]["enum"] = list(products)
    return built
