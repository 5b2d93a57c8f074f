"""Proposals from examples: a field whose values are order numbers is the field for order numbers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ml_connector.core.records import Issue

HITS_MIN = 3
"""Fewer hits are chance."""


def field_hits(issues: Iterable[Issue], values: Mapping[str, Collection[str]]) -> dict[str, dict[str, int]]:
    """How often each of the site's fields held one of the values that each of our fields would hold."""
    hits: dict[str, dict[str, int]] = {name: {} for name in values}
    for issue in issues:
        for field, held in issue.fields.items():
            for name, known in values.items():
                if isinstance(held, str) and held.strip() in known:
                    hits[name][field] = hits[name].get(field, 0) + 1
    return hits


def best_by_example(hits: Mapping[str, int]) -> str:
    """The field with the most hits; empty where there are too few, or where two share the first place."""
    ranked = sorted(hits.items(), key=lambda pair: -pair[1])
    if not ranked or ranked[0][1] < HITS_MIN or (len(ranked) > 1 and ranked[1][1] == ranked[0][1]):
        return ""
    return ranked[0][0]
