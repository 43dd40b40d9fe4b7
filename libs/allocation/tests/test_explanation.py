"""Every difference has a sentence, in French too, that says the numbers of the difference."""

# Its neighbours are found by name.
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from problems import line, pool, problem, shared

import allocation
from allocation import Cause, Minimum, Product, Quantity, Reason, Rule, allocate, explained
from ui import translations
from ui.i18n import translator
from ui.words import Words


def test_the_french_is_complete():
    assert translations.problems(Path(allocation.__file__).parent) == []


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("rule", list(Rule))
@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_under_every_rule_has_its_sentence(cause, rule, language):
    for difference in (-1000, 1000):
        reason = Reason(cause, rule, "kg", difference, 20_000, 12_000, 6000, 1000, 2000, 350, "2026-W47")
        sentence = explained(reason, translator("allocation", language), Words(language))
        assert "%(" not in sentence
        assert sentence.endswith(".")


def causes(result):
    return [one.reason.cause if one.reason else None for one in result.lines]


def test_a_line_that_gets_what_it_asked_has_no_reason():
    assert causes(shared(pool(12), line("A", 7), line("B", 5))) == [None, None]


def test_why_less():
    three = line("A", 7), line("B", 9), line("C", 3)
    assert causes(shared(pool(12), *three))[:2] == [Cause.CASE_NOT_FULL] * 2
    assert causes(shared(pool(24), *three)) == [Cause.NO_CASE_FULL] * 3
    assert causes(shared(pool(available=12), *three))[:2] == [Cause.NOT_AVAILABLE] * 2
    assert causes(shared(pool(12, available=14), *three))[:2] == [Cause.NOT_AVAILABLE] * 2
    assert causes(shared(pool(12, delivered=12), *three))[:2] == [Cause.DELIVERED_SHORT] * 2
    assert causes(shared(pool(12, cases=1), *three))[:2] == [Cause.DECIDED_SHORT] * 2
    assert causes(shared(pool(available=6), line("A", 4, least=3), line("B", 4), line("C", 4))) == [
        Cause.BELOW_LEAST, Cause.NOT_AVAILABLE, Cause.NOT_AVAILABLE,
    ]  # fmt: skip


def test_why_less_of_bags_that_fill_no_case():
    bag = Product("bag", "lemons", content=5000, step=5000)
    result = allocate(problem(pool(12, unit="kg"), [line("A", 15, product="bag")], (bag,)))
    assert causes(result) == [Cause.CASE_DOES_NOT_FIT]
    assert [(one.cases, one.short, one.surplus) for one in result.supplies[0].options] == [
        (0, 15_000, 0), (1, 5000, 2000), (2, 0, 9000),
    ]  # fmt: skip


def test_sizes_are_said_to_be_fitted_only_where_the_rule_alone_gives_something_else():
    sizes = Product("loose", "lemons", step=100), Product("bag", "lemons", content=5000, step=5000)
    two = line("A", 5, product="loose"), line("B", 5, product="bag")
    by_available = {
        available: allocate(problem(pool(available=available, unit="kg"), two, sizes)).lines for available in (0, 5)
    }
    assert [one.reason.fitted for one in by_available[0]] == [False, False]
    assert {one.given for one in by_available[5]} == {0, 5000}
    assert [one.reason.fitted for one in by_available[5] if one.reason] == [True]


def test_why_more():
    assert causes(shared(pool(12), line("A", 7, 5))) == [Cause.COMPLETES_CASE]
    assert causes(shared(pool(12, cases=1), line("A", 12, 5))) == [None]
    assert causes(shared(pool(12, cases=2), line("A", 12, 5))) == [Cause.USES_GOODS]
    assert causes(shared(pool(delivered=14), line("A", 12, 5))) == [Cause.USES_GOODS]
    least = Minimum("least", Quantity(14_000), pool="lemons")
    assert causes(shared(pool(), line("A", 12, 5), minima=(least,))) == [Cause.REACHES_MINIMUM]


def test_the_sentence_of_a_member_in_both_languages():
    reason = shared(pool(12, unit="kg"), line("A", 7, 2), line("B", 3), price=220).lines[0].reason
    assert explained(reason, translator("allocation", "en"), Words("en")) == (
        "2\u00a0kg more than you asked, for €4.40: it completes a case of 12\u00a0kg, within what you accepted. "
        "The extra cost is balanced between all who accepted more."
    )
    assert explained(reason, translator("allocation", "fr"), Words("fr")) == (
        "2\u00a0kg de plus que demandé, pour 4,40\u00a0€\u00a0: cela complète une caisse de 12\u00a0kg, dans la limite "
        "de ce que vous acceptiez. Le coût supplémentaire est équilibré entre tous ceux qui acceptaient d’en prendre "
        "plus."
    )
