"""The first connection file: what `ml-connector init` writes, ready to load, with every other key beside it."""

from __future__ import annotations

import json

NO_HOSTS, NO_CA_FILE = "#allowed_hosts = []", '#ca_file = ""'


def sample(
    name: str,
    *,
    enterprise_group: str = "ACME",
    entities: tuple[str, ...] = ("1000",),
    jira_url: str = "https://your-site.atlassian.net",
    orders_project: str = "PROC",
    projects_project: str = "PROJ",
    clearing_account: str = "219900",
    allowed_hosts: tuple[str, ...] = (),
    ca_file: str = "",
) -> str:
    """A commented file that loads as it is. Lines that begin with `#` and a key show that key with its default.

    It has no `post_from`, so nothing is posted before a person decides on a day.
    """
    tables = "\n\n".join(_clearing(entity, clearing_account) for entity in entities)
    return _SAMPLE.format(
        name=_quoted(name),
        enterprise_group=_quoted(enterprise_group),
        entities=", ".join(_quoted(entity) for entity in entities),
        entity=_quoted(entities[0]),
        jira_url=_quoted(jira_url),
        orders_project=_quoted(orders_project),
        projects_project=_quoted(projects_project),
        clearing=tables,
        allowed_hosts=f"allowed_hosts = [{', '.join(map(_quoted, allowed_hosts))}]" if allowed_hosts else NO_HOSTS,
        ca_file=f"ca_file = {_quoted(ca_file)}" if ca_file else NO_CA_FILE,
    )


def _clearing(entity: str, account: str) -> str:
    optional = '#cost_center = ""\n#project = ""\n#accrual_account = ""'
    return f"[clearing.{_quoted(entity)}]\naccount = {_quoted(account)}\n{optional}"


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_SAMPLE = """\
# One connection: a CloudSuite tenant, a Jira site, and how they are kept in step.
# Secrets are never kept here: `ml-connector connect` stores them encrypted. `ml-connector check` tests this file.
# A line that begins with # and a key shows an optional key, mostly with its default: take the # away to change it.

name = {name}
# First day of work that is costed. Nothing is posted while it is not set.
#post_from = 2026-01-01
# On which day work was done, and so its rate and posting date, is decided in this zone.
#time_zone = "UTC"
# Orders without a project: "skip" leaves them out, with a finding; "default_project" counts them on that project.
#unprojected = "default_project"
#default_project = "OVERHEAD"
# More rates in a CSV file beside this one, which `ml-connector rates import` writes.
#rates_file = ""

[cloudsuite]
#product = "fsm"
enterprise_group = {enterprise_group}
entities = [{entities}]
# Fields of the ERP that receive the issue key.
#key_field = "PurchaseOrderUserField5"
#project_key_field = "ProjectUserField5"
# Fields of the ERP that receive the remaining budget, if any.
#remaining_field = ""
#project_remaining_field = ""
#client_authentication = "basic"
#page_rows = 1000
#batch_rows = 50
# Seconds that a write without an answer is left alone before we look for it.
#settle_seconds = 360
#calls_per_minute = 100
#detail_reference_field = "RunGroup"

# FSM alone: whether your tenant was seen to refuse a second row under the same run group and sequence number.
#[cloudsuite.fsm]
#unique_keys = false
# FSM alone: parameters with which FSM posts released entries (without them finance does), and constants on labor lines.
#[cloudsuite.fsm.posting]
#PrmAccountingEntityOption = "2"
#[cloudsuite.fsm.labor_fields]
#LaborDistribution = "1"

# LN alone: a service of yours at the gateway that takes documents, in place of a directory; and what closes an order.
#[cloudsuite.ln]
#endpoint = ""
#closed_statuses = ["Closed", "Canceled"]

# Where this tenant names a field otherwise: our name = "the ERP's name", in a table for each class.
#[cloudsuite.fields.PurchaseOrder]
#number = "PurchaseOrder"

# For product = "m3" alone: how finance and the administrators have set up M3.
#[cloudsuite.m3]
#company = 100
#interface = "MLCONNECTOR"
#info_number = "001"
#issue_info_number = ""
#project_table = ""
#cost_center_dimension = 2
#project_dimension = 3
#coding_list = ""
#prefixed_columns = true
#decimal_separator = "."
#closed_status = "85"
#closed_project_status = "90"
#commitment_item = ""
#period_type = 1
#[cloudsuite.m3.divisions]
#{entity} = "AAA"
#[cloudsuite.m3.dimensions]
#number = 4
#[cloudsuite.m3.coding.CAPITAL]
#account = "612000"
#cost_center = ""
#[cloudsuite.m3.lists]
#PurchaseOrder = "LstPurchaseOrder"
#[cloudsuite.m3.prefixes]
#PurchaseOrder = "IA"
#[cloudsuite.m3.batch_states]
#number = "checked"
# For product = "csi" alone: the journal that finance keeps for us, and the site of each entity.
#[cloudsuite.csi]
#journal = "MLC"
#post_method = ""
#cost_center_unit = 1
#project_unit = 2
#[cloudsuite.csi.sites.{entity}]
#configuration = "ACME_PRD_MAIN"
#currency = "USD"
#time_zone = "UTC"

[jira]
#deployment = "cloud"
url = {jira_url}
#context_path = ""
#gateway_url = "https://api.atlassian.com"
#sign_in_url = "https://auth.atlassian.com"
#settle_seconds = 120
# Whether comments of worklogs are read and kept, for rules that look at them.
#comments = false

[jira.orders]
project = {orders_project}
#issue_type = "Task"
#priority = ""
#line_issue_type = ""
#tell_changes = true
#under_project = true
#inherit = true
# What an order authorizes, on its issue, for machines.
#authorization_property = "ml-connector.authorization"
#closed_status = ""

#[jira.orders.projects_by_entity]
#{entity} = {orders_project}

# Orders that authorize this much get this priority; the highest step that is reached counts.
#[[jira.orders.priorities]]
#authorized_from = "50000.00"
#currency = "USD"
#priority = "High"

[jira.projects]
project = {projects_project}
#issue_type = "Epic"
#closed_status = ""

# Project type in the ERP = issue type.
#[jira.projects.types]
#CAPITAL = "Epic"

# Project status in the ERP = status of the issue.
#[jira.projects.statuses]
#Hold = "On Hold"

# Jira fields, by id or name, that show what the ERP says. Empty shows nothing.
#[jira.fields]
#po_number = ""
#vendor = ""
#cost_center = ""
#gl_account = ""
#project = ""
#authorized = ""
#remaining = ""

# Who decides what a field of an issue reads: CloudSuite ("erp"), people in Jira ("jira"), or who was first ("first").
#[jira.ownership]
#summary = "erp"
#description = "erp"
#priority = "erp"
#po_number = "erp"
#vendor = "erp"
#cost_center = "erp"
#gl_account = "erp"
#project = "erp"
#authorized = "erp"
#remaining = "erp"

# How Jira tells of changes at once; without it they are found by polling. An administrator's webhook ("admin") tells of
# hours, an app's ("dynamic") of issues alone. Jira must reach the address by https.
#[jira.webhook]
#kind = "off"
#public_url = ""

# Status of an issue, written back to the ERP: Jira status = value of the field.
#[[status_back]]
#kind = "project"
#field = "ProjectStatus"
#[status_back.values]
#Done = "Closed"

[network]
# Private or local hosts that may be called all the same.
{allowed_hosts}
{ca_file}

[posting]
# What one line stands for: "worklog", "person-day", "issue-day" or "po-period".
#grain = "person-day"
#lines_max = 100
#reference_prefix = "MLC"
# How the ledger shows a changed cost: as "reversal" and replacement, or as one line of the "net_delta".
#correction = "reversal"
# Work in a closed period: "hold" it, or date it into the "next_open" one.
#closed_period = "hold"
#hours_per_day_max = 24
# Seconds between two proposals, and for which hours must have rested before they are posted.
#cadence_seconds = 86400
#cooling_off_seconds = 0
# Whether somebody has to attest hours before they are posted.
#attestation = false

# Without this amount, every posting needs approval. It is counted in each currency apart.
#[posting.approval]
#automatic_below = "500.00"

# No posting date before this day, whatever the ERP allows.
#[posting.earliest]
#{entity} = 2026-01-01

# Rounding of time before it costs anything: blocks of so many minutes (0: none), "up" or to the "nearest" one, for
# each "entry" or for a "person_day".
#[posting.time_rounding]
#minutes = 0
#direction = "nearest"
#per = "entry"

# The credit side of labor cost, for each entity.
{clearing}

[schedule]
#interval_seconds = 60
#sweep_seconds = 3600
#reconcile_seconds = 86400
#jitter_seconds = 5

# Whose hours are costed.
#[[person]]
#account_id = "712020:0a1b2c3d"
#name = "Anna Example"
#employee = "10042"
#role = "Engineer"
#entity = {entity}
#left = 2026-12-31
#calendar = ""

# For orders in another currency than the rates of an hour.
#[[exchange_rate]]
#base = "EUR"
#quote = "USD"
#rate = "1.0834"
#from = 2026-01-01
#source = "Treasury, monthly"

# From a day of work on, a code of an order's coding is posted as another one.
#[[recode]]
#part = "cost_center"
#code = "IT-OLD"
#becomes = "IT-NEW"
#from = 2026-01-01

# What consumes the budget of orders of a type: "labor" (hours logged), or "vendor_spend" (the vendor's invoices; hours
# carry no money). Types that are not named are labor.
#[[order_type]]
#code = "SVC"
#budget = "vendor_spend"

# Cost of an hour, in quotes. The most particular rate wins: person on a project, role on a project, person, role,
# cost center, and last the rate that names none of them.
# What is known since a day counts for nothing that is costed before it.
#[[rate]]
#amount = "85.00"
#currency = "USD"
#from = 2026-01-01
#known_since = 2025-12-15

#[[rate]]
#person = "10042"
#project = "P100"
#amount = "97.50"
#currency = "USD"
#from = 2026-01-01

#[[rate]]
#role = "Engineer"
#amount = "90.00"
#currency = "USD"
#from = 2026-01-01

#[[rate]]
#cost_center = "CC-100"
#amount = "88.00"
#currency = "USD"
#from = 2026-01-01

# The fiscal calendar, where CloudSuite does not tell it.
#[[period]]
#entity = {entity}
#name = "2026-01"
#from = 2026-01-01
#to = 2026-01-31
#closed = true

# Which days are no working days: of people who name it, and of people employed by its entities.
#[[calendar]]
#name = "bavaria"
#entities = [{entity}]
#country = "DE"
#subdivision = "BY"
#weekend = [6, 7]
#holidays = [2026-12-24]
#working_days = []

# Who is on call when.
#[[on_call]]
#person = "10042"
#from = 2026-12-21
#to = 2026-12-27

# Multiples of the rate. Where several fit, the highest counts alone.
#[[premium]]
#name = "overtime"
#cause = "hours_per_day"
#over = "8"
#factor = "1.25"
#from = 2026-01-01
#person = ""
#role = ""
#entity = ""

# Percentages of labor cost, on lines of their own.
#[[burden]]
#name = "fringe"
#percent = "28.5"
#from = 2026-01-01
#account = "615000"
#cost_center = ""
#clearing_account = ""
#person = ""
#role = ""
#labor_account = ""
#entity = ""

# Rules of the default pack that are not in force, and those that are although they come switched off.
#[rules]
#off = ["weekend"]
#on = []

# Rules of your own, in CEL; docs/operating/rules.md lists what they can read. Here: a stop where an order is used up.
#[[rule]]
#name = "used-up"
#when = "order.used_percent > 100.0"
#then = "hold"
#message = "The hours are more than the purchase order authorizes"
#remedy = "Have the order raised, or have the hours moved"
#owner = "project manager"
#[[rule.example]]
#given = {{ order = {{ used_percent = 100.0 }} }}
#fires = false
"""
