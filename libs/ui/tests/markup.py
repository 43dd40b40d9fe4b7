"""Reading pages as strictly as a careful browser: what it complains about, and what a page holds."""

from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
FIELDS = frozenset({"input", "select", "textarea"})
NO_PARAGRAPH_AROUND = frozenset(
    {"div", "p", "ul", "ol", "dl", "table", "form", "section", "h1", "h2", "h3", "fieldset"}
)


class Page(HTMLParser):
    """`faults`: one line for each thing wrong. `elements`: (tag, attributes) in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self._labelled: set[str] = set()
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]
        self._judge()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if len(given) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag in NO_PARAGRAPH_AROUND and "p" in self._open:
            self.faults.append(f"<{tag}> inside a paragraph")
        if tag in FIELDS and "label" in self._open:
            given["in-label"] = "yes"
        self.elements.append((tag, given))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            self.faults.append(f"</{tag}> ends what has no end")
        elif not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> where {self._open[-1:]} is open")
        else:
            self._open.pop()

    def _judge(self) -> None:
        ids = [given["id"] for _, given in self.elements if "id" in given]
        self.faults += [f"id {name!r} twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
        labelled = {given["for"] for tag, given in self.elements if tag == "label" and "for" in given}
        for tag, given in self.elements:
            self._judge_element(tag, given, set(ids), labelled)

    def _judge_element(self, tag: str, given: dict[str, str], ids: set[str], labelled: set[str]) -> None:
        if "style" in given or tag == "style":
            self.faults.append(f"<{tag}> has a style of its own")
        if tag == "script" and "src" not in given:
            self.faults.append("a script in the page")
        if any(name.startswith("on") for name in given):
            self.faults.append(f"<{tag}> has a script of its own")
        hidden = given.get("type") == "hidden"
        if tag in FIELDS and not hidden and "in-label" not in given and given.get("id", "") not in labelled:
            self.faults.append(f"<{tag} name={given.get('name')!r}> has no label")
        for name in ("aria-describedby", "aria-labelledby", "for"):
            self.faults += [f"{name} leads to no {word!r}" for word in given.get(name, "").split() if word not in ids]
        href = given.get("href", "")
        if href.startswith("#field-") and href[1:] not in ids:
            self.faults.append(f"a link leads to no {href}")

    def having(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        named = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items()}
        return [given for found, given in self.elements if found == tag and named.items() <= given.items()]
