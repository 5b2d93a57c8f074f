"""What a connection file says to one product line of CloudSuite alone: a table each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from ml_connector.settings.section import Section
from ml_connector.settings.values import (
    Currency,
    EndpointPath,
    ErpField,
    OptionalErpField,
    OptionalText,
    Text,
    TimeZone,
)

PRODUCTS = ("fsm", "m3", "csi", "ln")
"""CloudSuite product lines that have an adapter. The loader takes another tuple from whoever knows the registry."""
KEY_FIELDS: Mapping[str, tuple[str, str]] = {
    "fsm": ("PurchaseOrderUserField5", "ProjectUserField5"),
    "m3": ("A030", "A030"),
    "csi": ("Uf_JiraKey", "Uf_JiraKey"),
}
"""Where a product line keeps the issue key unless the file says otherwise: on an order, and on a project. A line that
is not here keeps it nowhere: nothing of it is written."""


class M3Coding(Section):
    """Where the labor of one project goes."""

    account: Text
    """GL account."""
    cost_center: OptionalText = ""
    """Cost center; empty for none."""


class M3(Section):
    """How an M3 tenant is set up: what its finance and its administrators decided."""

    company: Annotated[int, Field(ge=0, le=999)] = 0
    """Company (CONO) that everything is read from and posted to; M3 needs it."""
    divisions: Mapping[Text, Text] = {}
    """Division (DIVI) of an accounting entity; M3 needs one for each entity."""
    interface: OptionalText = ""
    """Interface template of GLS850, of usage type 2, that journals are entered under; M3 needs it."""
    info_number: OptionalText = ""
    """Number of the additional information of a voucher line that carries our reference; M3 needs it."""
    issue_info_number: OptionalText = ""
    """Number of the additional information that carries the issue key; empty writes none."""
    project_table: OptionalText = ""
    """Table that custom fields of projects hang on: what POS100MI SearchProject answers as FILE; M3 needs it."""
    cost_center_dimension: Annotated[int, Field(ge=2, le=7)] = 2
    """Accounting dimension (AITP) that holds cost centers."""
    project_dimension: Annotated[int, Field(ge=2, le=7)] = 3
    """Accounting dimension (AITP) that holds projects."""
    dimensions: Mapping[Text, Annotated[int, Field(ge=2, le=7)]] = {}
    """Accounting dimension (AITP) of a further dimension, by our name for it."""
    coding_list: OptionalText = ""
    """Transaction of CMS100MI that lists the coding of order lines; empty takes `coding`."""
    coding: Mapping[Text, M3Coding] = {}
    """Where the labor of a project goes, where no list tells the coding of order lines."""
    lists: Mapping[Text, Text] = {}
    """Transaction of CMS100MI that lists a table, where exports are locked."""
    prefixed_columns: bool = True
    """Whether exports name columns with the two letters of their table before their four."""
    prefixes: Mapping[Text, Text] = {}
    """The two letters of a table, where they are others than we know."""
    decimal_separator: Literal[".", ","] = "."
    """Decimal separator of the service account's user."""
    closed_status: Text = "85"
    """Lowest status of an order or line from which it counts as closed."""
    closed_project_status: Text = "90"
    """Status of a project from which it counts as closed."""
    commitment_item: OptionalText = ""
    """Budget item whose actuals are what is ordered and not yet spent; empty where there is none."""
    period_type: Annotated[int, Field(ge=1, le=5)] = 1
    """Type of the periods that finance posts to."""
    batch_states: Mapping[Text, Literal["entered", "checking", "checked", "error", "updating", "updated"]] = {}
    """What a status code of a batch in GLS840 means, where M3 uses others than we take."""


class CsiSite(Section):
    """A site of CSI: what stands for one accounting entity."""

    configuration: Text
    """Mongoose configuration of the site, as the gateway is told it."""
    currency: Currency
    """The site's own (domestic) currency."""
    time_zone: TimeZone = "UTC"
    """IANA zone of the site's clock: CSI's datetimes name none."""


class Csi(Section):
    """How the sites of CSI (SyteLine) are set up: what finance and administrators decided."""

    sites: Mapping[Text, CsiSite] = {}
    """Site of an accounting entity; CSI needs one for each entity."""
    journal: OptionalText = ""
    """Id of the journal that our rows are entered in, and nobody else's; CSI needs it."""
    post_method: OptionalErpField = ""
    """Method of SLJournals that posts the journal of an id; empty leaves posting to finance."""
    cost_center_unit: Annotated[int, Field(ge=1, le=4)] = 1
    """Number of the unit code that is the cost center."""
    project_unit: Annotated[int, Field(ge=1, le=4)] = 2
    """Number of the unit code that is the project."""


class Fsm(Section):
    """What FSM alone needs."""

    unique_keys: bool = False
    """Whether the tenant was seen to refuse a second row under the same run group and sequence number; where it was
    not, people judge what a stopped worker may still stage."""
    posting: Mapping[ErpField, OptionalText] = {}
    """Parameters of FSM's own posting of released entries, by FSM's names; none leaves posting to finance."""
    labor_fields: Mapping[ErpField, Text] = {}
    """Fields of the interface that each line with hours carries with a constant value, by FSM's names."""


class Ln(Section):
    """What LN alone needs: it is read, and postings are handed over as documents."""

    endpoint: EndpointPath = ""
    """Path below the tenant of a service of yours that takes documents; empty hands them over in a directory."""
    closed_statuses: tuple[Text, ...] = ("Closed", "Canceled")
    """Statuses in which an order, a line or a project takes no more hours."""
