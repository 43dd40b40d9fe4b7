from pathlib import Path

import pytest

import catalog
from catalog import nomenclature
from catalog.price_list import line
from ui import i18n, translations


def test_every_sentence_has_its_french():
    assert translations.problems(Path(catalog.__file__).parent) == []


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    ("refusal", "codes"),
    [
        (line._UNKNOWN_VAT_CLASS, nomenclature.vat_classes()),
        (line._UNKNOWN_TEMPERATURE_CLASS, nomenclature.temperature_classes()),
    ],
)
def test_a_refused_class_is_answered_with_every_name_in_the_readers_language(refusal, codes, language):
    """A new code of the data file must be named in the sentence too."""
    said = i18n.translator("catalog", language)(refusal.text).replace("\u00a0", " ")
    for _code, name in codes.choices(language):
        assert name in said
        assert codes.recognise(name) == _code
