"""Who is asking: signed tokens that every service verifies offline, and what each route serves to whom.

One service issues the tokens (EdDSA, minutes long) from its sessions; the others hold the public key only. The
token names a `csrf` secret of the session: a form must carry it, which another site cannot read.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from contracts.roles import Role

TOKEN_MINUTES = 10
"""How long an ended session can still be used at services that did not hear of it."""
ISSUER = "cabas"
MOST_KNOWN_TOKENS = 10_000
"""Checked tokens in memory: about a kilobyte each."""
TOKEN_COOKIE = "cabas_token"  # noqa: S105 the name of a cookie
FORM_COOKIE = "cabas_form"
FORM_FIELD = "csrf_token"
FORM_HEADER = "x-csrf-token"
MOST_FIELDS = 10_000
"""In one form; Starlette's 1,000 are fewer than a page that lists a catalog has. The body's size is limited anyway."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Grant:
    """One role held, for the whole hub (empty ids) or for one group, household or producer."""

    role: Role
    group_id: str = ""
    household_id: str = ""
    producer_id: str = ""


@dataclass(frozen=True)
class Person:
    """The person a request comes from. `session_id` is empty for a command of the operator."""

    id: str
    name: str
    language: str = "fr"
    grants: tuple[Grant, ...] = ()
    session_id: str = ""
    csrf: str = ""

    def has(self, *roles: Role) -> bool:
        """Any of the roles, for whatever group, household or producer."""
        return any(grant.role in roles for grant in self.grants)

    @property
    def household_ids(self) -> frozenset[str]:
        return frozenset(g.household_id for g in self.grants if g.role is Role.MEMBER and g.household_id)

    @property
    def producer_ids(self) -> frozenset[str]:
        return frozenset(g.producer_id for g in self.grants if g.role is Role.PRODUCER and g.producer_id)

    def group_ids(self, *roles: Role) -> frozenset[str]:
        """Groups for which the person holds one of the roles."""
        return frozenset(g.group_id for g in self.grants if g.role in roles and g.group_id)


class InvalidToken(Exception):
    """Forged, expired, or not a token at all."""


class TokenIssuer:
    """Signs tokens. `private_key`: PEM of an Ed25519 key; only the service that owns people has it."""

    def __init__(self, private_key: bytes) -> None:
        self._key = OKPKey.import_key(private_key)

    def issue(self, person: Person, now: datetime, minutes: int = TOKEN_MINUTES) -> str:
        claims = {
            "iss": ISSUER,
            "sub": person.id,
            "name": person.name,
            "lang": person.language,
            "grants": [[g.role.value, g.group_id, g.household_id, g.producer_id] for g in person.grants],
            "sid": person.session_id,
            "csrf": person.csrf,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=minutes)).timestamp()),
        }
        return jwt.encode({"alg": "Ed25519"}, claims, self._key, algorithms=["Ed25519"])


class TokenVerifier:
    """Checks a token's signature once and remembers whom it names until it expires: a token comes with every request,
    and its signature costs as much as the rest of a small answer."""

    def __init__(self, public_key: bytes) -> None:
        self._key = OKPKey.import_key(public_key)
        self._known: dict[bytes, tuple[Person, datetime]] = {}

    def verify(self, token: str, now: datetime) -> Person:
        """The person a token names. Raises InvalidToken."""
        digest = sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None:
            known = self._read(token)
            if len(self._known) >= MOST_KNOWN_TOKENS:
                del self._known[next(iter(self._known))]
            self._known[digest] = known
        person, expires_at = known
        if expires_at <= now:
            self._known.pop(digest, None)
            raise InvalidToken("expired")
        return person

    def _read(self, token: str) -> tuple[Person, datetime]:
        """The person a token names and when it expires. Raises InvalidToken."""
        try:
            claims: dict[str, Any] = jwt.decode(token, self._key, algorithms=["Ed25519"]).claims
            if claims["iss"] != ISSUER:
                raise InvalidToken("of somebody else")
            grants = tuple(
                Grant(Role(role), group, house, producer) for role, group, house, producer in claims["grants"]
            )
            person = Person(claims["sub"], claims["name"], claims["lang"], grants, claims["sid"], claims["csrf"])
            return person, datetime.fromtimestamp(claims["exp"], UTC)
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise InvalidToken(str(error)) from error


def new_key_pair() -> tuple[bytes, bytes]:
    """PEM bytes of a fresh Ed25519 pair: private, public."""
    key = OKPKey.generate_key("Ed25519")
    return key.as_pem(private=True), key.as_pem(private=False)


def public_key_of(private_key: bytes) -> bytes:
    """PEM bytes of the public half. ValueError where it is no private Ed25519 key in PEM."""
    try:
        key = OKPKey.import_key(private_key)
        if key.is_private:
            return key.as_pem(private=False)
    except JoseError as error:
        raise ValueError(str(error)) from error
    raise ValueError("not a private key")


class SignInNeeded(Exception):
    """Nobody is signed in, or the token ran out."""


class Forbidden(Exception):
    """Signed in, and not for this. `forged`: the form did not come from a page of ours."""

    def __init__(self, *, forged: bool = False) -> None:
        super().__init__("forged form" if forged else "role not served")
        self.forged = forged


PUBLIC = "public"


class Serves:
    """The roles a route serves, checked on every request; a test walks all routes and reads them from here."""

    def __init__(self, roles: frozenset[Role], *, public: bool) -> None:
        self.roles = roles
        self.public = public

    async def __call__(self, request: Request) -> Person | None:
        person, by_cookie = _person_of(request)
        if person is None and not self.public:
            raise SignInNeeded
        if person is not None and not self.public and not person.has(*self.roles):
            raise Forbidden
        if request.method not in SAFE_METHODS and (by_cookie or person is None):
            await _check_form(request, person)
        return person


def serves(*roles: Role | str) -> Any:
    """Declare who a route serves: `person: Person = serves(Role.COORDINATOR)`; `serves(PUBLIC)` lets anybody in
    (the person is None then unless signed in). Every form sent to it is protected against forgery."""
    if not roles:
        raise ValueError("a route serves somebody: name the roles, or PUBLIC")
    public = PUBLIC in roles
    return Depends(Serves(frozenset(role for role in roles if isinstance(role, Role)), public=public))


def _person_of(request: Request) -> tuple[Person | None, bool]:
    """The person, and whether a cookie said so (a browser sends cookies with forged forms, but no bearer token)."""
    verifier: TokenVerifier = request.app.state.verifier
    now = request.app.state.service.clock.now()
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    by_cookie = scheme.lower() != "bearer"
    if by_cookie:
        token = request.cookies.get(TOKEN_COOKIE, "")
    try:
        person = verifier.verify(token, now) if token else None
    except InvalidToken:
        person = None
    request.state.person = person
    return person, by_cookie


async def _check_form(request: Request, person: Person | None) -> None:
    """Refuse a form that no page of ours made. Signed in: the session's secret; else the one of the form cookie."""
    expected = person.csrf if person is not None else request.cookies.get(FORM_COOKIE, "")
    given = request.headers.get(FORM_HEADER, "")
    kind = request.headers.get("content-type", "")
    if not given and kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        field = (await request.form(max_fields=MOST_FIELDS)).get(FORM_FIELD, "")
        given = field if isinstance(field, str) else ""
    foreign = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if foreign or not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise Forbidden(forged=True)


def form_token(request: Request) -> str:
    """The secret a form rendered for this request must carry. For somebody not signed in it makes one, and the
    response sets its cookie."""
    person: Person | None = getattr(request.state, "person", None)
    if person is not None:
        return person.csrf
    token = request.cookies.get(FORM_COOKIE) or getattr(request.state, "form_cookie", "")
    if not token:
        token = request.app.state.service.ids.secret()
        request.state.form_cookie = token
    return str(token)
