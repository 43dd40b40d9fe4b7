import sys
from pathlib import Path

import pytest

from catalog.app import create_app
from catalog.settings import CatalogSettings
from chassis.identity import Grant
from contracts import Role

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def app(started):
    """A catalog of a hub in Limoux."""
    return await started(create_app, CatalogSettings, hub_latitude=43.04473, hub_longitude=2.24774)


@pytest.fixture
def coordinator(app, client_for):
    return client_for(app, Grant(Role.COORDINATOR), name="Anne")


@pytest.fixture
def member(app, client_for):
    return client_for(app, Grant(Role.MEMBER, household_id="h1"), name="Josette", person_id="person-3")


@pytest.fixture
def seller(app, client_for):
    """`seller(producer_id)`: somebody of that producer."""

    def make(producer_id):
        return client_for(app, Grant(Role.PRODUCER, producer_id=producer_id), name="Maëlle", person_id="person-2")

    return make
