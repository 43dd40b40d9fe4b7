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


def form_at(page: str, action: str) -> dict[str, list[str]]:
    """All that the form which is sent to `action` says as it stands, lists and texts too."""
    [form] = re.findall(rf'<form\b[^>]* action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    found: dict[str, list[str]] = {}

    def say(name: str, value: str) -> None:
        found.setdefault(html.unescape(name), []).append(html.unescape(value))

    for tag in re.findall(r"<input\b[^>]*>", form):
        name, value = re.search(r' name="([^"]+)"', tag), _VALUE.search(tag)
        choice = re.search(r' type="(?:radio|checkbox)"', tag) is not None
        if name and (not choice or " checked" in tag):
            say(name[1], value[1] if value else ("on" if choice else ""))
    for name, inside in re.findall(r'<textarea\b[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        say(name, inside.removeprefix("\n"))
    for name, inside in re.findall(r'<select\b[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        for option in re.findall(r"<option\b[^>]* selected[^>]*>", inside):
            if value := _VALUE.search(option):
                say(name, value[1])
    return found
