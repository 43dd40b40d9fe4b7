from pathlib import Path

import billing
from ui import translations


def test_every_sentence_has_its_french():
    assert translations.problems(Path(billing.__file__).parent) == []
