"""`cabas secrets FOLDER`: every secret of a deployment, made once, in one folder per container that reads them.

catalog/ … notify/   cabas_database_url, cabas_nats_password, token.pub.pem; ordering: token.pem (signs people's
                     tokens); logistics: logistics_links.key; billing: archive.pem (signs archives and seals)
operator/            postgres_url (whoever may create databases), cabas_nats_password: for `cabas provision`, backup
                     and restore. Written by hand beforehand, postgres_url may name a PostgreSQL of your own.
postgres/            password, of the superuser
nats/                users.conf: who may do what at the broker. Follows the release; made again every time.

What is there is never replaced, but users.conf. Files are for their owner only (0600), folders too (0700).
"""

import argparse
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from cabas import broker_users
from cabas.arguments import refuse
from cabas.data_folder import write_whole
from cabas.parts import NAMES
from cabas.talks import talks
from chassis.identity import new_key_pair, public_key_of

DATABASE_URL, NATS_PASSWORD = "cabas_database_url", "cabas_nats_password"
TOKEN_KEY, TOKEN_PUBLIC_KEY, LINKS_KEY = "token.pem", "token.pub.pem", "logistics_links.key"
ARCHIVE_KEY = "archive.pem"
OPERATOR = broker_users.OPERATOR
POSTGRES_URL = "postgres_url"
OF_CONTAINERS = 10001
"""The user that our images run as; PostgreSQL and NATS read theirs as root."""


class Unusable(Exception):
    """A secret is there and cannot be used. The message names the file."""


@dataclass(frozen=True)
class Secrets:
    """The folder. `made` collects the files that were not there before."""

    folder: Path
    made: list[Path]

    def read(self, owner: str, name: str) -> str:
        return (self.folder / owner / name).read_text().strip()

    def provide(self) -> None:
        """Make what is missing. Raises Unusable, OSError."""
        for owner in (*NAMES, OPERATOR, "postgres", "nats"):
            self._folder(owner)
        self._databases()
        for owner in (*NAMES, OPERATOR):
            self._keep(owner, NATS_PASSWORD, secrets.token_urlsafe(32))
        self._keys()
        everybody = broker_users.users(talks())
        passwords = {user.name: self.read(user.name, NATS_PASSWORD) for user in everybody}
        self._renew("nats", "users.conf", broker_users.configuration(everybody, passwords).encode())

    def _databases(self) -> None:
        self._keep("postgres", "password", secrets.token_urlsafe(32))
        server = URL.create(
            "postgresql+asyncpg", "postgres", self.read("postgres", "password"), "postgres", 5432, "postgres"
        )
        self._keep(OPERATOR, POSTGRES_URL, server.render_as_string(hide_password=False))
        try:
            server = make_url(self.read(OPERATOR, POSTGRES_URL))
        except ArgumentError as error:
            raise Unusable(f"{self.folder / OPERATOR / POSTGRES_URL} is no address of a database") from error
        for name in NAMES:
            url = server.set(username=name, password=secrets.token_urlsafe(32), database=name)
            self._keep(name, DATABASE_URL, url.render_as_string(hide_password=False))

    def _keys(self) -> None:
        self._keep("ordering", TOKEN_KEY, new_key_pair()[0])
        private = self.folder / "ordering" / TOKEN_KEY
        try:
            public = public_key_of(private.read_bytes())
        except ValueError as error:
            raise Unusable(f"{private} is not an Ed25519 key in PEM: put the right one back") from error
        for name in NAMES:
            self._renew(name, TOKEN_PUBLIC_KEY, public)
        self._keep("logistics", LINKS_KEY, secrets.token_bytes(32))
        self._keep("billing", ARCHIVE_KEY, new_key_pair()[0])

    def _folder(self, owner: str) -> None:
        folder = self.folder / owner
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        _give(folder, owner)

    def _keep(self, owner: str, name: str, content: str | bytes) -> None:
        file = self.folder / owner / name
        if not file.exists():
            self._write(file, content.encode() if isinstance(content, str) else content)
            self.made.append(file)
        elif not file.read_bytes().strip():
            raise Unusable(f"{file} is empty: put the right one back from a backup")
        file.chmod(0o600)
        _give(file, owner)

    def _renew(self, owner: str, name: str, content: bytes) -> None:
        file = self.folder / owner / name
        if not (file.exists() and file.read_bytes() == content):
            self._write(file, content)
            self.made.append(file)
        _give(file, owner)

    @staticmethod
    def _write(file: Path, content: bytes) -> None:
        write_whole(file, content)


def _give(path: Path, owner: str) -> None:
    """Where root makes them for containers, hand them to the user that reads them."""
    if os.geteuid() == 0:
        user = OF_CONTAINERS if owner in NAMES or owner == OPERATOR else 0
        os.chown(path, user, user)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("secrets", help="make the secrets of a deployment, those that are missing")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    found = Secrets(arguments.folder, [])
    try:
        found.provide()
    except Unusable as error:
        return refuse(error)
    except OSError as error:
        return refuse(f"{error.filename or arguments.folder}: {error.strerror}")
    for file in found.made:
        print(f"made {file}")
    print(f"The secrets are in {arguments.folder}: whoever has them can be anybody. A backup holds them too.")
    return 0
