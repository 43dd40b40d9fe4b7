import sys
from pathlib import Path

import pytest

from notify.app import NotifySettings, create_app

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def app(started):
    """With the embedded mailbox; mails leave only when a test has the postman make a round."""
    return await started(create_app, NotifySettings, send_mails=False)
