"""Every rule speaks to people, in both languages: which goods, where, how much, and what would mend it."""

# Its neighbours are found by name.
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from planted import PLANTED, broken

import coldchain
from coldchain import RULES, Violation, Weight
from coldchain.sentences import SENTENCES
from coldchain.words import Told, told
from ui import translations
from ui.i18n import translator
from ui.words import Words


def said(rule: str, language: str = "en") -> Told:
    one = next(one for one in broken(PLANTED[rule]) if one.rule == rule)
    return told(one, translator("coldchain", language), Words(language))


def test_every_rule_has_its_sentences_and_no_other() -> None:
    assert set(SENTENCES) == set(RULES)


def test_every_sentence_has_its_french() -> None:
    assert translations.problems(Path(coldchain.__file__).parent) == []


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("rule", PLANTED)
def test_a_rule_says_what_is_broken_and_what_would_mend_it(rule: str, language: str) -> None:
    what, mend = said(rule, language)
    assert mend
    assert "%" not in what + mend
    assert not what.startswith(":")


def test_times_are_those_of_the_reader_and_figures_have_their_unit() -> None:
    assert said("wrong-temperature", "fr").what == (
        "Faisselle\u00a0: Van, Front est à 5\u00a0°C\u202f; la limite est 4\u00a0°C."
    )
    assert said("not-ready", "fr").what == (
        "Faisselle, Tomme\u00a0: chargement à Goats à 9\u00a0h\u00a005, prêt seulement à 10\u00a0h."
    )
    assert said("compartment-full").what == "Van, Front (Amina): 60\u00a0l; 59.5\u00a0l fit."
    assert said("eggs-too-far").what == (
        "Eggs: 3.8\u00a0km as the crow flies from Hens to Village; eggs without packing centre may go 2\u00a0km."
    )


def test_a_rule_of_another_release_is_told_by_its_name() -> None:
    strange = Violation(id="1", rule="no-pets-100%", weight=Weight.HARD, source="")
    assert told(strange, translator("coldchain", "fr"), Words("fr")) == ("no-pets-100%", "")
