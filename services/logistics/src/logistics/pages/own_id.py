"""The id that a form brings of itself, so that a form sent twice is kept once."""

from chassis.web import NotFound
from ui.forms import Form


def own_id(form: Form, name: str = "id", *, longest: int = 60) -> str:
    """As one of our pages made it. Raises NotFound for anything else: nobody types it."""
    found = form.value(name)
    if not 0 < len(found) <= longest or not found.replace("-", "").isalnum() or not found.isascii():
        raise NotFound
    return found
