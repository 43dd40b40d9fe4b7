"""The hub of deploy/compose.yaml, under a name and on ports of its own, driven as an operator does."""

import json
import os
import secrets
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from cabas.demo.contracts import CREDITOR_ID, HUB_IBAN
from cabas.operator_token import token_by
from chassis.clock import SystemClock
from chassis.nats_server import free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
IMAGES = ("caddy:2", "nats:2.12-alpine", "postgres:17", "python:3.13-slim")
PULL_SECONDS = 120


def require_docker() -> None:
    """Skip, saying why, where no engine answers or the images of others are neither here nor can be had."""
    if shutil.which("docker") is None:
        pytest.skip("no container engine: the command docker is not there")
    for words in (["docker", "info"], ["docker", "compose", "version"]):
        told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        if told.returncode:
            pytest.skip(f"no container engine: {' '.join(words)} says {told.stderr.strip()[-200:]}")
    for image in IMAGES:
        if subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode == 0:
            continue
        try:
            pulled = subprocess.run(
                ["docker", "pull", "-q", image], capture_output=True, timeout=PULL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"the image {image} is not here and was not pulled within {PULL_SECONDS} s")
        if pulled.returncode:
            pytest.skip(f"the image {image} is not here and cannot be pulled")


class ComposeHub:
    """One deployment. `folder` takes its secrets, backups and certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.project = f"cabas-test-{secrets.token_hex(4)}"
        self.secrets, self.backups, self.ca = folder / "secrets", folder / "backups", folder / "root.crt"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("CABAS_", "COMPOSE_"))},
            "COMPOSE_PROJECT_NAME": self.project,
            "CABAS_HTTP_PORT": str(free_port()),
            "CABAS_HTTPS_PORT": str(self.port),
            "CABAS_PUBLIC_URL": self.url,
            "CABAS_SECRETS": str(self.secrets),
            "CABAS_HUB_ENV": str(self._settings()),
            # The images stay between runs: the next one builds what changed.
            "CABAS_VERSION": "test",
        }

    def _settings(self) -> Path:
        """As of a hub that has an account and may debit: then the week has files for banks."""
        file = self.folder / "hub.env"
        file.write_text(f"CABAS_HUB_IBAN={HUB_IBAN}\nCABAS_CREDITOR_ID={CREDITOR_ID}\n")
        return file

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def run(self, *words: str, seconds: float = 2400, check: bool = True, given: bytes = b"") -> str:
        """A command in deploy/, with `given` at its input; its output. An AssertionError tells what it said when it
        fails."""
        done = subprocess.run(
            words, cwd=DEPLOY, env=self.environment, capture_output=True, timeout=seconds, check=False, input=given
        )
        told, wrong = done.stdout.decode(), done.stderr.decode()
        assert not check or done.returncode == 0, f"{' '.join(words)}: {told[-3000:]}{wrong[-3000:]}"
        return told + wrong

    def compose(self, *words: str, check: bool = True, given: bytes = b"") -> str:
        return self.run("docker", "compose", *words, check=check, given=given)

    def up(self) -> None:
        self.compose("up", "-d", "--build", "--wait", "caddy")
        self.compose("cp", "caddy:/data/caddy/pki/authorities/local/root.crt", str(self.ca))

    def down(self) -> None:
        """Everything goes, volumes and what root wrote too."""
        self.compose("--profile", "*", "down", "-v", "--remove-orphans", "-t", "5", check=False)
        self.run("docker", "run", "--rm", "-v", f"{self.folder}:/folder", "postgres:17", "sh", "-c",
                 "rm -rf /folder/secrets /folder/backups", check=False)  # fmt: skip

    @property
    def key(self) -> Path:
        return self.secrets / "ordering" / "token.pem"

    def token(self) -> str:
        return token_by(self.key, "test", SystemClock().now(), 60)

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)

    def streams(self) -> dict[str, int]:
        """Messages by stream, as the broker says."""
        told = self.compose("exec", "-T", "nats", "wget", "-qO-", "http://127.0.0.1:8222/jsz?streams=1")
        told = told[told.index("{") : told.rindex("}") + 1]
        return {
            stream["name"]: stream["state"]["messages"]
            for account in json.loads(told)["account_details"]
            for stream in account["stream_detail"]
        }
