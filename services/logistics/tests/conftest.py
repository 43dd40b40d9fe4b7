import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from logistics.app import create_app
from logistics.settings import LogisticsSettings

# The tests' own week of events.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def app(started: Callable[..., Awaitable[FastAPI]]) -> FastAPI:
    """The service, running without a broker."""
    return await started(create_app, LogisticsSettings)
