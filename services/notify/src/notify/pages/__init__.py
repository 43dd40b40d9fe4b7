"""The pages of notify."""

from notify.pages import mailbox, messages

ROUTERS = (mailbox.router, messages.router)
