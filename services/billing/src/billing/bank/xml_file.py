"""XML from outside, read without doing what it asks for: no DTD and so no entity of its own, and not too deep."""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from billing.bank.statement import CUT, ENTITIES, NO_STATEMENT, Unreadable

MOST_DEEP = 40


def parsed(data: bytes) -> tuple[Element, str]:
    """The root, its names without namespaces, and the root's namespace. Raises Unreadable."""
    builder, parser = TreeBuilder(), expat.ParserCreate(namespace_separator="}")
    deep, namespace = 0, ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal deep, namespace
        deep += 1
        if deep == 1:
            namespace = name.rpartition("}")[0]
        if deep > MOST_DEEP:
            raise Unreadable(NO_STATEMENT)
        builder.start(name.rpartition("}")[2], attributes)

    def end(name: str) -> None:
        nonlocal deep
        deep -= 1
        builder.end(name.rpartition("}")[2])

    def refuse(*_args: object) -> None:
        raise Unreadable(ENTITIES)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close(), namespace
    except expat.ExpatError as error:
        raise Unreadable(CUT, line=error.lineno) from error
    except (LookupError, ValueError) as error:
        # An encoding that nobody knows.
        raise Unreadable(NO_STATEMENT) from error
