import logging
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI

from chassis.identity import Grant
from chassis.settings import Settings
from chassis.testing import Browser, ClientFor, Started
from contracts import Role

# The tests' own little service has templates and migrations, which are found by the name of its package.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Routes break on purpose here; drawing their tracebacks would take longer than the tests."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Pages are the same on every database: SQLite will do."""
    return f"sqlite+aiosqlite:///{tmp_path / 'stall.db'}"


@pytest_asyncio.fixture
async def app(started: Started) -> AsyncIterator[FastAPI]:
    from stall.app import create_app

    yield await started(create_app, Settings, development=True, hub_name="Le Panier d’Aude")


@pytest.fixture
def visitor(app: FastAPI, client_for: ClientFor) -> Browser:
    return client_for(app)


@pytest.fixture
def coordinator(app: FastAPI, client_for: ClientFor) -> Browser:
    return client_for(app, Grant(Role.COORDINATOR))


@pytest.fixture
def operator(app: FastAPI, client_for: ClientFor) -> Browser:
    return client_for(app, Grant(Role.OPERATOR), name="Omar")
