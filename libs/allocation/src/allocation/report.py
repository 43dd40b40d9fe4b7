"""A result as text, for a terminal: what to order, the options, who gets what and why, the groups, missed minima."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from allocation.explanation import Figures, explained, marked
from allocation.minimum import Cases, Money, Quantity, Unmet, Weight
from allocation.problem import WHOLE, Problem
from allocation.result import LineResult, Result, SupplyResult

Say = Callable[[str], str]


@dataclass(frozen=True)
class Report:
    """`say` translates a sentence, `figures` writes numbers: both for one reader."""

    problem: Problem
    result: Result
    say: Say
    figures: Figures

    def text(self) -> str:
        lines = self._lines_by_supply()
        parts = [part for supply in self.result.supplies for part in self._supply(supply, lines[supply.id])]
        if any(group.group for group in self.result.groups):
            parts.append(self._groups())
        if self.result.unmet:
            parts.append("\n".join(self._unmet(one) for one in self.result.unmet))
        return "\n\n".join(parts) + "\n"

    def _lines_by_supply(self) -> dict[str, list[LineResult]]:
        supply_of = {pool: supply.id for supply in self.result.supplies for pool in supply.pools}
        pool_of = {product.id: product.pool for product in self.problem.products}
        lines: dict[str, list[LineResult]] = defaultdict(list)
        for line in self.result.lines:
            lines[supply_of[pool_of[line.product]]].append(line)
        return lines

    def _supply(self, supply: SupplyResult, lines: list[LineResult]) -> Iterator[str]:
        yield "\n".join([self._name(supply), *("  " + sentence for sentence in self._facts(supply))])
        if len(supply.options) > 1:
            yield "\n".join("  " + row for row in self._options(supply))
        if lines:
            yield "\n".join("  " + row for row in self._table(supply, lines))

    def _name(self, supply: SupplyResult) -> str:
        names = {pool.id: pool.name or pool.id for pool in self.problem.pools}
        names |= {crate.id: crate.name or crate.id for crate in self.problem.crates}
        own = names[supply.id]
        return own if len(supply.pools) == 1 else f"{own} ({', '.join(names[pool] for pool in supply.pools)})"

    def _facts(self, supply: SupplyResult) -> Iterator[str]:
        words = {
            name: self.figures.quantity(getattr(supply, name) or 0, supply.unit)
            for name in ("asked", "tolerance", "goods", "case", "given", "short", "surplus", "missing")
        } | {"cases": str(supply.cases)}
        if supply.tolerance:
            yield self._said(marked("asked: %(asked)s, and up to %(tolerance)s more"), words)
        else:
            yield self._said(marked("asked: %(asked)s"), words)
        if supply.pools[0] in self._delivered:
            yield self._said(marked("delivered: %(goods)s"), words)
        elif supply.cases is not None and supply.goods == supply.cases * (supply.case or 0):
            yield self._said(marked("to order: %(cases)s × %(case)s = %(goods)s"), words)
        else:
            yield self._said(marked("to order: %(goods)s"), words)
        for amount, sentence in (
            (supply.short, marked("not served: %(short)s")),
            (supply.surplus, marked("left over: %(surplus)s")),
            (supply.missing, marked("missing to complete the case: %(missing)s")),
        ):
            if amount:
                yield self._said(sentence, words)
        if supply.packing is not None:
            yield from self._packing(supply)

    @cached_property
    def _delivered(self) -> frozenset[str]:
        return frozenset(pool.id for pool in self.problem.pools if pool.delivered is not None)

    def _packing(self, supply: SupplyResult) -> Iterator[str]:
        names = {pool.id: pool.name or pool.id for pool in self.problem.pools}
        if supply.packing is None:
            return
        for pool, count in supply.packing.whole.items():
            yield f"{count} × {names[pool]} {self.figures.quantity(supply.case or 0, supply.unit)}"
        for crate in supply.packing.mixed:
            goods = " + ".join(f"{names[pool]} {self.figures.quantity(q, supply.unit)}" for pool, q in crate.items())
            yield f"1 × {goods}"

    def _options(self, supply: SupplyResult) -> list[str]:
        rows = [
            [
                self.say(head)
                for head in (marked("cases"), marked("goods"), marked("not served"), marked("left over"), "")
            ]
        ]
        for option in supply.options:
            amounts = (option.goods, option.short, option.surplus)
            rows.append(
                [
                    str(option.cases),
                    *(self.figures.quantity(amount, supply.unit) for amount in amounts),
                    self.say(marked("chosen")) if option.chosen else "",
                ]
            )
        return table(rows)

    def _table(self, supply: SupplyResult, lines: list[LineResult]) -> list[str]:
        heads = (
            marked("household"),
            marked("group"),
            marked("product"),
            marked("asked"),
            marked("gets"),
            marked("why"),
        )
        rows = [[self.say(head) for head in heads]]
        names = {product.id: product.name or product.id for product in self.problem.products}
        for line in lines:
            why = "" if line.reason is None else explained(line.reason, self.say, self.figures)
            quantities = (self.figures.quantity(amount, supply.unit) for amount in (line.asked, line.given))
            rows.append([line.household, line.group, names[line.product], *quantities, why])
        return table(rows)

    def _groups(self) -> str:
        pools = {pool.id: pool.unit for pool in self.problem.pools}
        products = {product.id: product for product in self.problem.products}
        heads = (marked("group"), marked("product"), marked("asked"), marked("gets"))
        rows = [[self.say(head) for head in heads]]
        for one in self.result.groups:
            product = products[one.product]
            unit = pools[product.pool]
            quantities = (self.figures.quantity(amount, unit) for amount in (one.asked, one.given))
            rows.append([one.group, product.name or product.id, *quantities])
        return "\n".join(table(rows))

    def _unmet(self, unmet: Unmet) -> str:
        minimum = unmet.minimum
        amounts = (minimum.required, unmet.reached, unmet.missing)
        match minimum.value:
            case Money():
                written = [self.figures.money(amount) for amount in amounts]
            case Weight():
                written = [self.figures.quantity(amount, "kg") for amount in amounts]
            case Quantity():
                unit = next(pool.unit for pool in self.problem.pools if pool.id == minimum.pool)
                written = [self.figures.quantity(amount, unit) for amount in amounts]
            case Cases():
                written = [str(amount) for amount in amounts]
        words = dict(zip(("required", "reached", "missing"), written, strict=True)) | {
            "of": minimum.pool or minimum.producer
        }
        sentence = self._said(
            marked("Minimum of %(of)s not reached: %(reached)s of %(required)s, %(missing)s missing. To be decided."),
            words,
        )
        if unmet.within_tolerance:
            sentence += " " + self.say(marked("With every tolerance it would be reached."))
        return sentence

    def _said(self, sentence: str, words: dict[str, str]) -> str:
        return self.say(sentence) % words


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns under one another; those that are empty but for their heading are left out."""
    kept = [at for at in range(len(rows[0])) if any(row[at] for row in rows[1:])]
    widths = {at: max(len(row[at]) for row in rows) for at in kept}
    return ["  ".join(row[at].ljust(widths[at]) for at in kept).rstrip() for row in rows]


def plain(thousandths: int) -> str:
    """1500 -> "1.5", as data has it."""
    whole, rest = divmod(abs(thousandths), WHOLE)
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{whole}.{rest:03d}".rstrip("0") if rest else f"{sign}{whole}"
