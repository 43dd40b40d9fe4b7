"""Every sentence people read is there in French."""

import io
import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import logistics

PACKAGE = Path(logistics.__file__).parent


def test_every_sentence_has_its_french() -> None:
    catalog = read_po(io.BytesIO((PACKAGE / "locale/fr/LC_MESSAGES/messages.po").read_bytes()))
    keywords = {"_": None, "t": None, "ngettext": (1, 2)}
    methods = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
    options = {"templates/**.html": {"extensions": "jinja2.ext.do", "silent": "false"}}
    found = list(extract_from_dir(str(PACKAGE), methods, options, keywords=keywords))
    assert len(found) > 60
    missing = {
        message if isinstance(message, str) else message[0]
        for _file, _line, message, _comments, _context in found
        if (entry := catalog.get(message if isinstance(message, str) else message[0])) is None or not entry.string
    }
    # Said by ui for everybody.
    assert missing <= {": "}


def test_translations_keep_the_names_they_fill_in() -> None:
    catalog = read_po(io.BytesIO((PACKAGE / "locale/fr/LC_MESSAGES/messages.po").read_bytes()))
    names = re.compile(r"%\(\w+\)[sd]")
    for message in catalog:
        # A singular may say "once" where the plural counts: each is held against its own.
        one = isinstance(message.id, str)
        pairs = [(message.id, message.string)] if one else list(zip(message.id, message.string, strict=True))
        for english, french in pairs:
            if english:
                assert set(names.findall(french)) == set(names.findall(english)), english
