"""One look, two languages: the page frame, components, forms and formats of every service."""

from ui.pages import Pages

__all__ = ["Pages"]
