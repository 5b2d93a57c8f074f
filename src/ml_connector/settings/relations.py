"""What two keys of a connection file must say together.

Each relation looks at the file as `tomllib` read it, whatever pydantic refused, and is silent about parts that are
broken by themselves: so one run names everything that can be known to be wrong. `RELATIONS` is the list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches

from ml_connector.settings.address_relations import credentials_go_encrypted
from ml_connector.settings.connection import (
    ExchangeRate,
    FiscalPeriod,
    OrderType,
    Person,
    PriorityStep,
    Rate,
    Recode,
    Rule,
    StatusBack,
)
from ml_connector.settings.costing_relations import COSTING_RELATIONS
from ml_connector.settings.lines import Path
from ml_connector.settings.problems import shown
from ml_connector.settings.product_lines import KEY_FIELDS, PRODUCTS
from ml_connector.settings.raw import Raw
from ml_connector.settings.raw import items_at as _items
from ml_connector.settings.raw import table_at as _table
from ml_connector.settings.raw import tables_at as _tables
from ml_connector.settings.raw import text_at as _text
from ml_connector.settings.raw import texts_at as _texts
from ml_connector.settings.raw import value_at as _value
from ml_connector.settings.wording import Flaw

Relation = Callable[[Raw], Iterator[Flaw]]
LineOf = Callable[[Path], str]
"""The line of a path as text; with the name of its file where that is another one."""

NEEDED: Mapping[str, Mapping[str, str]] = {
    "fsm": {"enterprise_group": "The finance enterprise group that all records are read from and posted to."},
    "m3": {
        "m3.company": "The company that everything is read from and posted to.",
        "m3.divisions": "A division for each entity.",
        "m3.interface": "The interface template of GLS850 that finance has set up for us.",
        "m3.info_number": "The additional information that finance lets carry our reference.",
        "m3.project_table": "The table of projects: what POS100MI SearchProject answers as FILE.",
    },
    "csi": {
        "csi.journal": "The id of the journal that finance keeps for us.",
        "csi.sites": "A table for the site of each entity.",
    },
}
"""The keys of [cloudsuite] that a product line needs, each with what it says. A dot leads into a table below it."""
REFERENCE_WIDTH_MAX: Mapping[str, int] = {"m3": 15}
"""The widest reference that a product line takes, where it is less than ours may be."""
REFERENCE_TAIL = 12
"""A dash and eleven characters follow the prefix."""


def broken_relations(raw: Raw, products: tuple[str, ...], line_of: LineOf) -> Iterator[Flaw]:
    """Everything that does not fit together. `products` are the ERP product lines that have an adapter."""
    yield from known_product(raw, products)
    for relation in (*RELATIONS, *COSTING_RELATIONS):
        yield from relation(raw)
    yield from repeated_rates(raw, line_of)
    yield from repeated_exchange_rates(raw, line_of)
    yield from repeated_recodes(raw, line_of)
    yield from repeated_order_types(raw, line_of)
    yield from repeated_people(raw, line_of)
    yield from overlapping_periods(raw, line_of)
    yield from repeated_rules(raw, line_of)


def known_product(raw: Raw, products: tuple[str, ...]) -> Iterator[Flaw]:
    """The product line has an adapter."""
    product = _text(raw, "cloudsuite", "product")
    if product and product not in products:
        yield (
            ("cloudsuite", "product"),
            "is not a product line that this version knows",
            f"Known: {', '.join(products)}.",
        )


def product_has_what_it_needs(raw: Raw) -> Iterator[Flaw]:
    """What one product line cannot do without, and others do not know."""
    product = _text(raw, "cloudsuite", "product") or "fsm"
    for name, what in NEEDED.get(product, {}).items():
        path = ("cloudsuite", *name.split("."))
        if _table(raw, "cloudsuite") and not _value(raw, path):
            yield path, f"is missing, and {product} needs it", f"Add it: {what}"


def references_fit(raw: Raw) -> Iterator[Flaw]:
    """A reference of ours fits the field that the product line keeps it in."""
    product, prefix = _text(raw, "cloudsuite", "product") or "fsm", _text(raw, "posting", "reference_prefix")
    widest = REFERENCE_WIDTH_MAX.get(product)
    if widest is not None and len(prefix) + REFERENCE_TAIL > widest:
        what = f"makes references of more than the {widest} characters that {product} takes"
        yield ("posting", "reference_prefix"), what, f"Take {widest - REFERENCE_TAIL} letters at the most."


def m3_is_whole(raw: Raw) -> Iterator[Flaw]:
    """Each entity has a division of M3, and something tells where labor goes."""
    if _text(raw, "cloudsuite", "product") != "m3":
        return
    divisions = _table(raw, "cloudsuite", "m3", "divisions")
    for entity in sorted({entity for _, entity in _texts(raw, "cloudsuite", "entities")}):
        if divisions and entity not in divisions:
            yield ("cloudsuite", "m3", "divisions", entity), "is missing for this entity", "Add its division of M3."
    if not _text(raw, "cloudsuite", "m3", "coding_list") and not _table(raw, "cloudsuite", "m3", "coding"):
        remedy = "Name a list of CMS100, or add [cloudsuite.m3.coding.PROJECT] tables."
        yield ("cloudsuite", "m3", "coding_list"), "is missing, and no project's coding is named either", remedy


def m3_dimensions_differ(raw: Raw) -> Iterator[Flaw]:
    """No two of our dimensions are the same one of M3's."""
    m3 = _table(raw, "cloudsuite", "m3")
    paths: list[tuple[str, ...]] = [("cost_center_dimension",), ("project_dimension",)]
    paths += [("dimensions", name) for name in _table(m3, "dimensions")]
    defaults: dict[tuple[str, ...], int] = {("cost_center_dimension",): 2, ("project_dimension",): 3}
    seen: set[int] = set()
    for path in paths if m3 else ():
        place = _value(m3, path) or defaults.get(path)
        if not isinstance(place, int):
            continue
        if place in seen:
            yield ("cloudsuite", "m3", *path), "names a dimension that another key names already", "Choose another."
        seen.add(place)


def csi_entities_have_sites(raw: Raw) -> Iterator[Flaw]:
    """Each entity of CSI is behind a configuration of its own."""
    sites = _table(raw, "cloudsuite", "csi", "sites")
    if _text(raw, "cloudsuite", "product") != "csi" or not sites:
        return
    for entity in sorted({entity for _, entity in _texts(raw, "cloudsuite", "entities")}):
        if entity not in sites:
            remedy = "Add this table with the site's configuration, currency and time zone."
            yield ("cloudsuite", "csi", "sites", entity), "is missing for this entity of cloudsuite.entities", remedy


def csi_unit_codes_differ(raw: Raw) -> Iterator[Flaw]:
    """A unit code of CSI is the cost center or the project, not both."""
    csi = _table(raw, "cloudsuite", "csi")
    if csi and csi.get("cost_center_unit", 1) == csi.get("project_unit", 2):
        name = "project_unit" if "project_unit" in csi else "cost_center_unit"
        yield ("cloudsuite", "csi", name), "is the unit code of the cost center and of the project", "Name two of them."


def nothing_is_written_where_nothing_can_be(raw: Raw) -> Iterator[Flaw]:
    """A product line without a field for the issue key takes none of our values."""
    product = _text(raw, "cloudsuite", "product") or "fsm"
    if product in KEY_FIELDS or product not in PRODUCTS:
        return
    for name in ("key_field", "project_key_field", "remaining_field", "project_remaining_field"):
        if _text(raw, "cloudsuite", name):
            yield ("cloudsuite", name), f"names a field, and {product} is only read", "Take this line out."
    for index, _ in _tables(raw, "status_back"):
        yield ("status_back", index), f"writes a status, and {product} is only read", "Take this table out."


def default_project_is_named(raw: Raw) -> Iterator[Flaw]:
    """Orders are only counted on a default project that is named."""
    if _text(raw, "unprojected") == "default_project" and not _text(raw, "default_project"):
        yield ("default_project",), 'is missing, but unprojected is "default_project"', "Name a project of the ERP."


def webhook_has_an_address(raw: Raw) -> Iterator[Flaw]:
    """Jira delivers only to an address."""
    if _text(raw, "jira", "webhook", "kind") in ("admin", "dynamic") and not _text(
        raw, "jira", "webhook", "public_url"
    ):
        remedy = "Name the address under which Jira reaches this service, or take the table out."
        yield ("jira", "webhook", "public_url"), "is missing, and the webhook needs it", remedy


def webhook_fits_the_deployment(raw: Raw) -> Iterator[Flaw]:
    """Data Center has no webhooks of apps."""
    if _text(raw, "jira", "deployment") == "datacenter" and _text(raw, "jira", "webhook", "kind") == "dynamic":
        remedy = 'Write kind = "admin", or take the table out: polling does.'
        yield ("jira", "webhook", "kind"), 'is "dynamic", which a Data Center does not have', remedy


def only_a_data_center_has_a_context_path(raw: Raw) -> Iterator[Flaw]:
    """The cloud serves at its address itself."""
    if _text(raw, "jira", "context_path") and _text(raw, "jira", "deployment") != "datacenter":
        remedy = 'Take it out, or write deployment = "datacenter".'
        yield ("jira", "context_path"), "is set, and Jira Cloud has none", remedy


def entities_are_named_once(raw: Raw) -> Iterator[Flaw]:
    """An entity stands once in the list."""
    seen: set[str] = set()
    for index, entity in _texts(raw, "cloudsuite", "entities"):
        if entity in seen:
            yield (
                ("cloudsuite", "entities", index),
                f"names {shown(entity)} for the second time",
                "Take one of them out.",
            )
        seen.add(entity)


def entities_have_clearing(raw: Raw) -> Iterator[Flaw]:
    """Each entity has a credit side: without it, no journal of that entity balances."""
    clearing = _table(raw, "clearing")
    for entity in sorted({entity for _, entity in _texts(raw, "cloudsuite", "entities")}):
        if entity not in clearing:
            remedy = "Add this table with the account that labor cost is credited to."
            yield ("clearing", entity), "is missing for this entity of cloudsuite.entities", remedy


def entities_are_known(raw: Raw) -> Iterator[Flaw]:
    """Tables that are kept by entity name entities of this connection."""
    entities = [entity for _, entity in _texts(raw, "cloudsuite", "entities")]
    for table in (("jira", "orders", "projects_by_entity"), ("posting", "earliest")):
        for entity in _table(raw, *table):
            if entities and entity not in entities:
                yield (*table, entity), "is no entity of cloudsuite.entities", _near(entity, entities)


def employers_are_known(raw: Raw) -> Iterator[Flaw]:
    """A person's employing entity has a credit side."""
    entities = [*_table(raw, "clearing"), *(entity for _, entity in _texts(raw, "cloudsuite", "entities"))]
    for index, person in _tables(raw, "person"):
        entity = person.get("entity")
        if entity and isinstance(entity, str) and entities and entity not in entities:
            what = "names an entity that is neither in cloudsuite.entities nor has a [clearing] table"
            yield ("person", index, "entity"), what, _near(entity, entities)


def fields_are_written_by_one(raw: Raw) -> Iterator[Flaw]:
    """No two values are written to the same field of one kind of ERP record, or to the same Jira field."""
    orders = ("cloudsuite", "key_field"), ("cloudsuite", "remaining_field")
    projects = ("cloudsuite", "project_key_field"), ("cloudsuite", "project_remaining_field")
    back = _items(raw, "status_back", StatusBack)
    yield from _written_twice(_written(raw, orders) + _back_fields(back, "purchase_order"))
    yield from _written_twice(_written(raw, projects) + _back_fields(back, "project"))
    yield from _written_twice(_written(raw, [("jira", "fields", name) for name in _table(raw, "jira", "fields")]))


def _written(raw: Raw, paths: Collection[tuple[str, ...]]) -> list[tuple[Path, str]]:
    return [(path, _text(raw, *path)) for path in paths]


def _back_fields(back: Mapping[int, StatusBack], kind: str) -> list[tuple[Path, str]]:
    return [(("status_back", index, "field"), entry.field) for index, entry in back.items() if entry.kind == kind]


def _written_twice(fields: list[tuple[Path, str]]) -> Iterator[Flaw]:
    seen: set[str] = set()
    for path, field in fields:
        if field and field in seen:
            yield (
                path,
                "names a field that another key writes already",
                "Choose another field: one would undo the other.",
            )
        seen.add(field)


def orders_have_no_project_status(raw: Raw) -> Iterator[Flaw]:
    """`ProjectStatus` belongs to projects: for orders, the field is to be named."""
    for index, back in _items(raw, "status_back", StatusBack).items():
        if back.kind == "purchase_order" and back.field == "ProjectStatus":
            remedy = "Name a field of the purchase order, such as PurchaseOrderUserField7."
            yield ("status_back", index, "field"), "is ProjectStatus, which purchase orders do not have", remedy


def steps_differ(raw: Raw) -> Iterator[Flaw]:
    """Two priorities do not begin at the same amount."""
    orders = _table(raw, "jira", "orders")
    seen = set()
    for index, step in _items(orders, "priorities", PriorityStep).items():
        begin = (step.currency, step.authorized_from)
        if begin in seen:
            path = ("jira", "orders", "priorities", index)
            yield path, "begins at the same amount and currency as another step", "Take one of them out."
        seen.add(begin)


def rates_are_scoped(raw: Raw) -> Iterator[Flaw]:
    """A rate is for a person or role (perhaps on a project), or a cost center, or everybody."""
    for index, rate in _tables(raw, "rate"):
        somebody = rate.get("person") or rate.get("role")
        if rate.get("person") and rate.get("role"):
            yield (
                ("rate", index, "role"),
                "stands beside person, and a rate is for one of them",
                "Take one of them out.",
            )
        if rate.get("cost_center") and (somebody or rate.get("project")):
            remedy = "Take it out, or take out person, role and project."
            yield ("rate", index, "cost_center"), "must be alone in its rate", remedy
        elif rate.get("project") and not somebody:
            yield ("rate", index, "project"), "needs a person or a role beside it", "Say whose hours this rate is for."


def rated_people_exist(raw: Raw) -> Iterator[Flaw]:
    """A rate for a person is for a person in the file: a misspelled one would silently cost the default."""
    people = [person for _, person in _tables(raw, "person")]
    known = [person.get(key) for person in people for key in ("account_id", "employee")]
    for index, rate in _tables(raw, "rate"):
        person = rate.get("person")
        if person and isinstance(person, str) and person not in known:
            remedy = "Use the account_id or employee of a [[person]] in this file, or add that person."
            yield ("rate", index, "person"), "names nobody in this file", remedy


def jitter_is_below_interval(raw: Raw) -> Iterator[Flaw]:
    """The random part of a wait is smaller than the wait."""
    schedule = _table(raw, "schedule")
    jitter, interval = schedule.get("jitter_seconds", 0), schedule.get("interval_seconds", 60)
    if type(jitter) is int and type(interval) is int and "jitter_seconds" in schedule and jitter > interval:
        yield ("schedule", "jitter_seconds"), "is more than interval_seconds", "Make it smaller than the interval."


RELATIONS: tuple[Relation, ...] = (
    product_has_what_it_needs,
    references_fit,
    m3_is_whole,
    m3_dimensions_differ,
    csi_entities_have_sites,
    csi_unit_codes_differ,
    nothing_is_written_where_nothing_can_be,
    default_project_is_named,
    credentials_go_encrypted,
    webhook_has_an_address,
    webhook_fits_the_deployment,
    only_a_data_center_has_a_context_path,
    entities_are_named_once,
    entities_have_clearing,
    entities_are_known,
    employers_are_known,
    fields_are_written_by_one,
    orders_have_no_project_status,
    steps_differ,
    rates_are_scoped,
    rated_people_exist,
    jitter_is_below_interval,
)


def repeated_rates(raw: Raw, line_of: LineOf) -> Iterator[Flaw]:
    """Two rates for the same scope, currency and day would leave the cost to their order in the file."""
    first: dict[object, int] = {}
    for index, rate in _items(raw, "rate", Rate).items():
        earlier = first.setdefault((rate.scope, rate.currency, rate.effective, rate.known_since), index)
        if earlier != index:
            lines = f"line {line_of(('rate', index))}", f"line {line_of(('rate', earlier))}"
            what = f"on {lines[0]} is for the same scope, currency and day as the one on {lines[1]}"
            remedy = "Keep one of them, or give it another day; a correction says since when it is known."
            yield ("rate", index), what, remedy


def repeated_exchange_rates(raw: Raw, line_of: LineOf) -> Iterator[Flaw]:
    """Two exchange rates for the same currencies and day would leave the cost to their order in the file."""
    first: dict[object, int] = {}
    for index, exchange in _items(raw, "exchange_rate", ExchangeRate).items():
        earlier = first.setdefault((exchange.base, exchange.quote, exchange.effective), index)
        if earlier != index:
            line = line_of(("exchange_rate", earlier))
            what = f"is for the same currencies and day as the one on line {line}"
            yield ("exchange_rate", index), what, "Keep one of them, or give it another day."


def repeated_recodes(raw: Raw, line_of: LineOf) -> Iterator[Flaw]:
    """Two successors of the same code and day would leave the coding to their order in the file."""
    first: dict[object, int] = {}
    for index, recode in _items(raw, "recode", Recode).items():
        earlier = first.setdefault((recode.part, recode.code, recode.effective), index)
        if earlier != index:
            what = f"is for the same code and day as the one on line {line_of(('recode', earlier))}"
            yield ("recode", index), what, "Keep one of them, or give it another day."


def repeated_order_types(raw: Raw, line_of: LineOf) -> Iterator[Flaw]:
    """A type of order has one budget."""
    first: dict[str, int] = {}
    for index, each in _items(raw, "order_type", OrderType).items():
        earlier = first.setdefault(each.code, index)
        if earlier != index:
            what = f"is the same as on line {line_of(('order_type', earlier, 'code'))}"
            yield ("order_type", index, "code"), what, "Keep one [[order_type]] for each type."


def repeated_people(raw: Raw, line_of: LineOf) -> Iterator[Flaw]:
    """An account belongs to one person."""
    first: dict[str, int] = {}
    for index, person in _items(raw, "person", Person).items():
        earlier = first.setdefault(person.account_id, index)
        if earlier != index:
            what = f"is the same as on line {line_of(('person', earlier, 'account_id'))}"
            yield ("person", index, "account_id"), what, "Keep one [[person]] for each account."


def overlapping_periods(raw: Raw, line_of: LineOf) -> Iterator[Flaw]:
    """A period of the calendar ends after it begins, and a day lies in one period of its entity."""
    earlier: list[tuple[int, FiscalPeriod]] = []
    for index, period in _items(raw, "period", FiscalPeriod).items():
        if period.ends < period.begins:
            yield ("period", index, "to"), "lies before from", "Correct one of the two days."
            continue
        for other, before in earlier:
            if before.entity == period.entity and before.begins <= period.ends and period.begins <= before.ends:
                what = f"shares days with the period of the same entity on line {line_of(('period', other))}"
                yield ("period", index), what, "Let each day lie in one period of its entity."
        earlier.append((index, period))


def repeated_rules(raw: Raw, line_of: LineOf) -> Iterator[Flaw]:
    """A finding names the rule that made it, and so one rule."""
    first: dict[str, int] = {}
    for index, rule in _items(raw, "rule", Rule).items():
        earlier = first.setdefault(rule.name, index)
        if earlier != index:
            what = f"is the same as on line {line_of(('rule', earlier, 'name'))}"
            yield ("rule", index, "name"), what, "Give each rule a name of its own."


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Did you mean {shown(near[0])}?" if near else f"Known: {', '.join(shown(one) for one in known)}."
