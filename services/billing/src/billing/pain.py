"""Files for the bank in the language of ISO 20022 (pain): what is the same in every kind. Nothing here does I/O.

Nothing in a file is chance: the numbers that name it come from what is kept, so that a bank that was given it twice
sees so.
"""

from collections.abc import Callable
from datetime import datetime
from xml.etree import ElementTree

from billing.iban import MOST_ID


def tail(kept_id: str) -> str:
    """The last of an id's twelve letters are drawn by lot: a hub that begins to count anew names none twice."""
    return kept_id.replace("-", "")[-12:]


def named(
    made: bytes,
    schema: str,
    name: str,
    made_at: datetime,
    part_name: Callable[[ElementTree.Element], str],
    complete: Callable[[ElementTree.Element], None] = lambda _root: None,
) -> str:
    """The library's file with our names and our clock in the place of its own, and each transaction a line of its own
    on the statement. `part_name`: of each of its parts; `complete`: adds what the library has no words for. Raises
    ValueError where it does not keep to the schema."""
    space = f"{{urn:iso:std:iso:20022:tech:xsd:{schema}}}"
    root = ElementTree.fromstring(made)  # noqa: S314 our own words, a moment ago
    for part in root.iter(space + "PmtInf"):
        _write(part, space + "PmtInfId", part_name(part))
    texts = {"MsgId": name, "CreDtTm": made_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "BtchBookg": "false"}
    for tag, text in texts.items():
        _write(root, space + tag, text)
    complete(root)
    assert len(name) <= MOST_ID
    from sepaxml.validation import ValidationError, try_valid_xml

    try:
        try_valid_xml(ElementTree.tostring(root), schema)
    except ValidationError as error:
        raise ValueError(str(error.__cause__)) from error
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _write(within: ElementTree.Element, tag: str, text: str) -> None:
    for element in within.iter(tag):
        element.text = text
