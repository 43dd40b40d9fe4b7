"""The pages of billing."""

from fastapi import APIRouter

from billing.pages import cycles, home, households

router = APIRouter()
for part in (households.router, cycles.router, home.router):
    router.include_router(part)
