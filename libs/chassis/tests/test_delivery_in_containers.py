"""The tests of delivery once more, on NATS and PostgreSQL as their official images have them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.mark.docker
def test_delivery_holds_on_the_images_that_deployments_use():
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS / "test_delivery.py")],
        env=os.environ | {"CABAS_TEST_PROVIDER": "containers"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-5000:]
    assert " passed" in ended.stdout
