"""The result of `cabas allocate --json`: quantities and amounts as text, so that no program reads binary fractions."""

from collections.abc import Callable
from typing import Any

from allocation import Cases, Figures, LineResult, Money, Problem, Quantity, Result, SupplyResult, Unmet, explained
from allocation.report import plain


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def answer(problem: Problem, result: Result, say: Callable[[str], str], figures: Figures) -> dict[str, Any]:
    return {
        "supplies": [_supply(supply) for supply in result.supplies],
        "lines": [_line(line, say, figures) for line in result.lines],
        "groups": [
            {"group": one.group, "product": one.product, "asked": plain(one.asked), "given": plain(one.given)}
            for one in result.groups
        ],
        "unmet": [_unmet(problem, one) for one in result.unmet],
    }


def _supply(supply: SupplyResult) -> dict[str, Any]:
    quantities = ("goods", "asked", "tolerance", "given", "extra", "short", "surplus", "missing")
    return {
        "id": supply.id,
        "pools": list(supply.pools),
        "unit": supply.unit,
        "case": None if supply.case is None else plain(supply.case),
        "cases": supply.cases,
        **{name: plain(getattr(supply, name)) for name in quantities},
        "options": [
            {
                "cases": option.cases,
                **{name: plain(getattr(option, name)) for name in ("goods", "firm", "extra", "short", "surplus")},
                "chosen": option.chosen,
            }
            for option in supply.options
        ],
        "packing": None
        if supply.packing is None
        else {
            "whole": dict(supply.packing.whole),
            "mixed": [{pool: plain(quantity) for pool, quantity in crate.items()} for crate in supply.packing.mixed],
        },
    }


def _line(line: LineResult, say: Callable[[str], str], figures: Figures) -> dict[str, Any]:
    reason = line.reason
    return {
        "id": line.line,
        "product": line.product,
        "household": line.household,
        "group": line.group,
        "asked": plain(line.asked),
        "given": plain(line.given),
        "short": line.short,
        "reason": None
        if reason is None
        else {
            "cause": reason.cause.value,
            "rule": reason.rule.value,
            "difference": plain(reason.difference),
            "cost": euros(reason.cost),
            "sentence": explained(reason, say, figures),
        },
    }


def _unmet(problem: Problem, unmet: Unmet) -> dict[str, Any]:
    value = unmet.minimum.value
    written: Callable[[int], str] = plain
    unit = "kg"
    if isinstance(value, Money):
        written, unit = euros, "EUR"
    elif isinstance(value, Cases):
        written, unit = str, "cases"
    elif isinstance(value, Quantity):
        unit = next(pool.unit for pool in problem.pools if pool.id == unmet.minimum.pool)
    return {
        "id": unmet.minimum.id,
        "unit": unit,
        "required": written(unmet.minimum.required),
        "reached": written(unmet.reached),
        "missing": written(unmet.missing),
        "within_tolerance": unmet.within_tolerance,
    }
