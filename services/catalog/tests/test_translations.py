from pathlib import Path

import catalog
from ui import translations


def test_every_sentence_has_its_french():
    assert translations.problems(Path(catalog.__file__).parent) == []
