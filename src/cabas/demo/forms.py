"""What the form of a page sends."""

import html
import re

_VALUE = re.compile(r' value="([^"]*)"')


def fields_of(page: str) -> dict[str, str]:
    """What it sends as it stands, of its inputs that are filled in or ticked."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        name, value = re.search(r' name="([^"]+)"', tag), _VALUE.search(tag)
        choice = re.search(r' type="(?:radio|checkbox)"', tag) is not None
        if name and value and value[1] and (not choice or " checked" in tag):
            found[html.unescape(name[1])] = html.unescape(value[1])
    return found
