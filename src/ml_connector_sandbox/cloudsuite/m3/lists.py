"""The ordinary lists: purchase orders, projects and their budget, accounting identities, divisions, periods, time."""

from __future__ import annotations

from datetime import UTC

from ml_connector_sandbox.cloudsuite import projects
from ml_connector_sandbox.cloudsuite.classes import TRUE, Row
from ml_connector_sandbox.cloudsuite.m3 import names
from ml_connector_sandbox.cloudsuite.m3.execute import Call, Failed, Records, Transaction, Values
from ml_connector_sandbox.cloudsuite.m3.tables import TABLES
from ml_connector_sandbox.cloudsuite.reference import POSTING_SUBTYPE
from ml_connector_sandbox.cloudsuite.tenant import ENTERPRISE_GROUP, Tenant

VERSION = "1"
ACTIVE_STATUS, ENDED_STATUS = "20", "90"
LABOR_ITEM, COMMITMENT_ITEM = "LABOR", "COMMIT"
"""The budget items of this tenant: what is budgeted and spent, and what is ordered and not yet spent."""
ACCOUNT, COST_CENTER, PROJECT = "1", "2", "3"
FREE = {str(place): f"FinanceDimension{place - 3}" for place in range(4, 7)}
BLOCKED = "1"
MANDATORY = "1"
NAME_WIDTH, SHORT_WIDTH = 40, 15
PERIOD_TYPE = "1"


def order_head(tenant: Tenant, call: Call) -> Records:
    """`PPS200MI/GetHead`."""
    found = [row for row in TABLES["MPHEAD"].rows(tenant) if row["PUNO"] == call.one("PUNO")]
    if not found:
        raise Failed(f"Purchase order {call.one('PUNO')} does not exist", "PUNO", "WPU0103")
    return found


def order_lines(tenant: Tenant, call: Call) -> Records:
    """`PPS200MI/LstLine`: without any coding, as in M3."""
    order_head(tenant, call)
    return [
        {name: value for name, value in row.items() if name != "PROJ"}
        for row in TABLES["MPLINE"].sorted(tenant)
        if row["PUNO"] == call.one("PUNO")
    ]


def search_projects(tenant: Tenant, call: Call) -> Records:
    """`POS100MI/SearchProject`: the projects of a division, all of them for a query of `*`."""
    query = call.one("SQRY").strip("*")
    return [_project(row) for row in _projects(tenant, call.divi) if query in row.fields["Project"]]


def _projects(tenant: Tenant, divi: str) -> list[Row]:
    company = names.company_of(divi)
    rows = tenant.tables["Project"].living()
    return [row for row in rows if row.fields["FinanceCodeBlock.AccountingEntity"] == company]


def _project(row: Row) -> Values:
    values = row.fields
    return {
        "PROJ": values["Project"],
        "VERS": VERSION,
        "ELNO": values["Project"],
        "POSI": "1",
        "TX40": values["Description"][:NAME_WIDTH],
        "POTK": "1",
        "STAT": ACTIVE_STATUS if values["Active"] == TRUE else ENDED_STATUS,
        "MPLE": values["PersonResponsible"],
        "FILE": names.PROJECT_TABLE,
    }


def list_elements(tenant: Tenant, call: Call) -> Records:
    """`POS100MI/LstElement1`: a project of this tenant is one element."""
    found = _one_project(tenant, call)
    return [{**_project(found), "LEVL": "1", "ELST": ACTIVE_STATUS, "CHDA": names.changed(tenant, found)}]


def list_totals(tenant: Tenant, call: Call) -> Records:
    """`POS111MI/LstTotal1`: budget and actuals of a project by budget item, in the division's currency."""
    values = _one_project(tenant, call).fields
    budget, actual, committed, _ = (values[name] for _, name in projects.AMOUNT_FIELDS)
    element = {"ELNO": values["Project"], "BUQT": "0", "OUQT": "0", "ICVT": "1"}
    return [
        {**element, "IDEN": COMMITMENT_ITEM, "BUAT": "0", "OUAT": committed},
        {**element, "IDEN": LABOR_ITEM, "BUAT": budget, "OUAT": actual},
    ]


def _one_project(tenant: Tenant, call: Call) -> Row:
    for row in _projects(tenant, call.divi):
        if row.fields["Project"] == call.one("PROJ"):
            return row
    raise Failed(f"Project {call.one('PROJ')} does not exist", "PROJ")


def list_identities(tenant: Tenant, call: Call) -> Records:
    """`CRS630MI/LstAccountID`: the identities of one accounting dimension."""
    found = _identities(tenant, call.one("AITP"))
    return [{"CONO": names.COMPANY, "DIVI": call.divi, **identity} for identity in found]


def one_identity(tenant: Tenant, call: Call) -> Records:
    """`CRS630MI/GetAccountID`."""
    found = [each for each in list_identities(tenant, call) if each["AITM"] == call.one("AITM")]
    if not found:
        raise Failed(f"Accounting identity {call.one('AITM')} does not exist", "AITM")
    return found


def _identities(tenant: Tenant, dimension: str) -> list[dict[str, str]]:
    tables = tenant.tables
    match dimension:
        case "1":
            accounts = (row.fields for row in tables["GeneralLedgerChartAccount"].living())
            return [
                _identity(dimension, each["GeneralLedgerChartAccount"], each["AccountDescription"], each)
                | {f"ACR{PROJECT}": MANDATORY if each["RequireProject"] == TRUE else "0"}
                for each in accounts
                if each["AccountSubType"] == POSTING_SUBTYPE
            ]
        case "2":
            centers = (row.fields for row in tables["AccountingUnit"].living())
            return [_identity(dimension, each["AccountingUnit"], each["Description"], each) for each in centers]
        case "3":
            found = (row.fields for row in tables["Project"].living())
            return [_identity(dimension, each["Project"], each["Description"], each) for each in found]
    name = FREE.get(dimension, "")
    if not name:
        return []
    return [
        _identity(dimension, row.fields[name], row.fields["Description"], row.fields) for row in tables[name].living()
    ]


def _identity(dimension: str, code: str, name: str, values: Values) -> dict[str, str]:
    return {
        "AITP": dimension,
        "AITM": code,
        "TX40": name[:NAME_WIDTH],
        "TX15": name[:SHORT_WIDTH],
        "LCCD": "0" if values["Active"] == TRUE else BLOCKED,
        "VFDT": "",
        "VTDT": "",
    }


def list_divisions(tenant: Tenant, _call: Call) -> Records:
    """`MNS100MI/LstDivisions`."""
    return [
        {"CONO": names.COMPANY, "DIVI": names.DIVISIONS[row.key[-1]], "TX15": row.fields["Description"][:SHORT_WIDTH]}
        for row in tenant.tables["AccountingEntity"].living()
    ]


def division(tenant: Tenant, call: Call) -> Records:
    """`MNS100MI/GetBasicData`: among others, the local currency of a division."""
    row = tenant.tables["AccountingEntity"].get(ENTERPRISE_GROUP, names.company_of(call.divi))
    if row is None:
        raise Failed(f"Division {call.divi} does not exist", "DIVI")
    local = {"LOCD": row.fields["FunctionalCurrency"], "CONM": row.fields["Description"]}
    return [{"CONO": names.COMPANY, "DIVI": call.divi, **local}]


def list_periods(tenant: Tenant, call: Call) -> Records:
    """`CRS910MI/Select`: the periods of a division's calendar. It does not tell whether they are open."""
    if call.one("FPET") not in ("", PERIOD_TYPE):
        return []
    return [
        {
            "CONO": names.COMPANY,
            "DIVI": call.one("FDIV"),
            "PETP": PERIOD_TYPE,
            "YEA4": row.fields["GeneralLedgerCloseYear"],
            "PERI": row.fields["PeriodNumber"],
            "NAME": row.fields["PeriodName"],
            "FDAT": row.fields["BeginDate"],
            "TDAT": row.fields["DerivedEndDate"],
        }
        for row in tenant.tables["GeneralLedgerClosePeriod"].living()
    ]


def list_vouchers(tenant: Tenant, call: Call) -> Records:
    """`GLS200MI/LstVouchersByDt`: ledger lines of a division by accounting date."""
    return [
        row
        for row in TABLES["FGLEDG"].sorted(tenant)
        if row["DIVI"] == call.divi and call.one("FRDT") <= row["ACDT"] <= call.one("TODT")
    ]


def voucher_lines(tenant: Tenant, call: Call) -> Records:
    """`GLS200MI/LstVoucherLines`: the lines of one voucher."""
    wanted = (call.divi, call.one("YEA4"), call.one("VONO"))
    return [row for row in TABLES["FGLEDG"].sorted(tenant) if (row["DIVI"], row["YEA4"], row["VONO"]) == wanted]


def server_time(tenant: Tenant, _call: Call) -> Records:
    """`GetServerTime`, of every program: the server's day and time, and the milliseconds since 1970 in UTC."""
    now = names.server_time(tenant)
    return [{"DATE": f"{now:%Y%m%d}", "TIME": f"{now:%H%M%S}", "LMTS": str(int(now.timestamp() * 1000))}]


def server_zone(tenant: Tenant, _call: Call) -> Records:
    """`ServerTimeZone`, of every program."""
    now = names.server_time(tenant)
    return [{"TMTZ": now.isoformat(timespec="seconds"), "UTCT": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}]


def user(_tenant: Tenant, call: Call) -> Records:
    """`GetUserInfo`, of every program: as whom the service account works."""
    return [{"ZZUSID": "MLCONN", "ZDCONO": names.COMPANY, "ZDDIVI": call.divi, "ZDDTFM": "YMD", "USFN": "ml-connector"}]


EVERYWHERE = {
    "GetServerTime": Transaction(server_time),
    "ServerTimeZone": Transaction(server_zone),
    "GetUserInfo": Transaction(user),
}
PPS200MI = {"GetHead": Transaction(order_head, ("PUNO",)), "LstLine": Transaction(order_lines, ("PUNO",))}
POS100MI = {
    "SearchProject": Transaction(search_projects, ("SQRY",)),
    "LstElement1": Transaction(list_elements, ("DIVI", "PROJ", "VERS")),
}
POS111MI = {"LstTotal1": Transaction(list_totals, ("DIVI", "PROJ", "VERS"))}
CRS630MI = {
    "LstAccountID": Transaction(list_identities, ("AITP",)),
    "GetAccountID": Transaction(one_identity, ("AITP", "AITM")),
}
MNS100MI = {"LstDivisions": Transaction(list_divisions, ("CONO",)), "GetBasicData": Transaction(division)}
CRS910MI = {"Select": Transaction(list_periods)}
GLS200MI = {
    "LstVouchersByDt": Transaction(list_vouchers, ("FRDT", "TODT")),
    "LstVoucherLines": Transaction(voucher_lines, ("DIVI", "YEA4", "VONO")),
}
