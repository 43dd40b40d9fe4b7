"""The pages of notify."""

from fastapi import APIRouter

from notify.pages import mailbox, messages

router = APIRouter()
for part in (mailbox.router, messages.router):
    router.include_router(part)
