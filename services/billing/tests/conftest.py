import sys
from pathlib import Path

import pytest

from billing.app import BillingSettings, create_app

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings)
