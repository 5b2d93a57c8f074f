"""All rules of a connection: its own, and those of the default pack that it neither switched off nor replaced."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cel_expr_python import cel

from ml_connector.core.ledger import Share
from ml_connector.core.rules import FACTS, Case, Firing, Then
from ml_connector.core.rules import Rule as Stated
from ml_connector.rules.cel import Unreadable, asked, asked_together, compiled, compiled_together, plain
from ml_connector.rules.text import reads
from ml_connector.settings import Connection, Rule, Slip

RULES_MAX = 100
BUILT_IN = "built-in 3"
"""The version of the default pack as it comes."""
VERSION_CHARACTERS = 12
PACK = "pack.toml"

Facts = Mapping[str, str | int | bool | float]


@dataclass(frozen=True, slots=True)
class _Entry:
    stated: Stated
    condition: cel.Expression
    reads: tuple[str, ...]

    def firing(self, facts: Facts) -> Firing | None:
        """The rule, where it fires or cannot be decided."""
        answer = asked(self.condition, facts)
        if isinstance(answer, str):
            return Firing(self.stated, answer)
        return Firing(self.stated) if answer else None


class _Group:
    """Rules that are asked together, in one list. Where one cannot be decided, each is asked by itself."""

    def __init__(self, entries: Sequence[_Entry], whens: Sequence[str]) -> None:
        self.entries = entries
        self.names = tuple(name for name in FACTS if any(name in entry.reads for entry in entries))
        self.list = _list_of(whens)

    def firings(self, case: Case, share: Share) -> Iterator[Firing]:
        """The rules that fire for one coding."""
        facts = {name: plain(FACTS[name].read(case, share)) for name in self.names}
        answers = None if self.list is None else asked_together(self.list, facts)
        if answers is not None:
            yield from (
                Firing(entry.stated) for entry, fires in zip(self.entries, answers, strict=True) if fires is True
            )
            return
        for entry in self.entries:
            firing = entry.firing(facts)
            if firing is not None:
                yield firing


def _list_of(whens: Sequence[str]) -> cel.Expression | None:
    """All conditions in one; None where there is none, or they are too much for one."""
    try:
        return compiled_together(whens) if whens else None
    except Unreadable:
        return None


class Rulebook:
    """The rules of a connection, compiled. Calling it asks all of them about one entry."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        entries = [(_entry(rule), rule.when) for rule in rules]
        coded = [pair for pair in entries if any(FACTS[name].coded for name in pair[0].reads)]
        plain_ones = [pair for pair in entries if pair not in coded]
        self._coded = _Group([entry for entry, _ in coded], [when for _, when in coded])
        self._plain = _Group([entry for entry, _ in plain_ones], [when for _, when in plain_ones])
        self._order = {rule.name: position for position, rule in enumerate(rules)}
        self.reads = frozenset(name for entry, _ in entries for name in entry.reads)

    def __call__(self, case: Case) -> Sequence[Firing]:
        """The rules that fire, in the order of the file. What reads coding or rate is asked of each coding."""
        found: dict[str, Firing] = {}
        if self._plain.entries and case.shares:
            found |= {each.rule.name: each for each in self._plain.firings(case, case.shares[0])}
        if self._coded.entries:
            for share in case.shares:
                for each in self._coded.firings(case, share):
                    found.setdefault(each.rule.name, each)
        return sorted(found.values(), key=lambda each: self._order[each.rule.name])


def _entry(rule: Rule) -> _Entry:
    names = reads(rule.when)
    of_order = bool(names) and all(name.startswith("order.") for name in names)
    stated = Stated(rule.name, Then(rule.then), rule.message, rule.owner, rule.remedy, of_order)
    return _Entry(stated, compiled(rule.when), names)


@cache
def _pack() -> tuple[tuple[Rule, ...], frozenset[str]]:
    read = tomllib.loads(files(__package__).joinpath(PACK).read_text(encoding="utf-8"))
    return tuple(Rule.model_validate(_frozen(rule)) for rule in read["rule"]), frozenset(read["off"])


def pack() -> tuple[Rule, ...]:
    """The rules that come with the product, in the language that customers write."""
    return _pack()[0]


def pack_off() -> frozenset[str]:
    """Those of them that come switched off."""
    return _pack()[1]


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def in_force(connection: Connection) -> tuple[Rule, ...]:
    """The pack without what is off or replaced, then the connection's own."""
    off = (pack_off() - {*connection.rules.on}) | {*connection.rules.off}
    out = {*off, *(rule.name for rule in connection.rule)}
    return (*(rule for rule in pack() if rule.name not in out), *connection.rule)


def rulebook(connection: Connection) -> Rulebook:
    """The rules of a connection that was read without a slip."""
    return Rulebook(in_force(connection))


def rules_version(connection: Connection) -> str:
    """Changes with what the rules in force decide, and with nothing else."""
    if not connection.rule and not connection.rules.off and not connection.rules.on:
        return BUILT_IN
    decided = sorted([rule.name, rule.when, rule.then] for rule in in_force(connection))
    return hashlib.sha256(json.dumps(decided).encode()).hexdigest()[:VERSION_CHARACTERS]


def slips(connection: Connection) -> Iterator[Slip]:
    """What is wrong with the rules of a connection, an example that tells otherwise included."""
    yield from _switch_slips(connection)
    for index, rule in enumerate(connection.rule):
        if index >= RULES_MAX:
            yield Slip(("rule", index), f"is more than {RULES_MAX} rules", "Take out what is not needed.")
            return
        try:
            condition = compiled(rule.when)
        except Unreadable as error:
            yield from (Slip(("rule", index, "when"), what, remedy, at) for at, what, remedy in error.mistakes)
        else:
            yield from _readable_slips(connection, index, condition)


def _switch_slips(connection: Connection) -> Iterator[Slip]:
    known = [rule.name for rule in pack()]
    for switch, names in (("off", connection.rules.off), ("on", connection.rules.on)):
        for index, name in enumerate(names):
            if name not in known:
                yield Slip(("rules", switch, index), "is no rule of the default pack", f"Known: {', '.join(known)}.")
            elif switch == "on" and name in connection.rules.off:
                yield Slip(("rules", switch, index), "is switched off beside it", "Take one of them out.")


def _readable_slips(connection: Connection, index: int, condition: cel.Expression) -> Iterator[Slip]:
    """A rule that can be asked: whether it reads what there is, and does what its examples say."""
    rule = connection.rule[index]
    if "worklog.comment" in reads(rule.when) and not connection.jira.comments:
        what = "reads worklog.comment, and comments are not read from Jira"
        yield Slip(("rule", index, "when"), what, "Set comments = true under [jira], or take it out.")
    for number in range(len(rule.example)):
        yield from _example_slips(rule, number, condition, ("rule", index, "example", number))


def _example_slips(rule: Rule, number: int, condition: cel.Expression, path: tuple[str | int, ...]) -> Iterator[Slip]:
    example = rule.example[number]
    facts = {name: plain(fact.empty) for name, fact in FACTS.items()}
    for record, values in example.given.items():
        for name, value in values.items():
            fact = FACTS.get(f"{record}.{name}")
            if fact is None:
                what = "names a fact that rules do not know"
                yield Slip((*path, "given", record, name), what, "`ml-connector mapping facts` lists them.")
                return
            wanted = plain(fact.empty)
            given = float(value) if type(value) is int and isinstance(wanted, float) else value
            if type(given) is not type(wanted):
                kind = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}[type(wanted)]
                yield Slip((*path, "given", record, name), f"must be {kind}", "Write what the fact can be.")
                return
            facts[f"{record}.{name}"] = given
    answer = asked(condition, facts)
    if isinstance(answer, str):
        yield Slip(path, f"cannot be decided: {answer}", "Correct the condition or the example.")
    elif answer is not example.fires:
        happens = "fires" if answer else "does not fire"
        yield Slip((*path, "fires"), f"says otherwise: the rule {happens}", "Correct the condition or the example.")
