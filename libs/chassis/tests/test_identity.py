from dataclasses import replace
from datetime import timedelta

import pytest
from counter.app import create_app
from joserfc import jwt
from joserfc.jwk import OctKey

from chassis.identity import TOKEN_COOKIE, Grant, InvalidToken, Person, TokenIssuer, TokenVerifier, new_key_pair
from chassis.settings import Settings
from chassis.web import local_path
from contracts import Role

MEMBER = Grant(Role.MEMBER, group_id="g1", household_id="h1")
JOSETTE = Person("p1", "Josette", "fr", (MEMBER, Grant(Role.REFERENT, group_id="g2")), "s1", "csrf")


def test_a_token_brings_back_the_person(keys, clock):
    token = TokenIssuer(keys[0]).issue(JOSETTE, clock.now())
    assert TokenVerifier(keys[1]).verify(token, clock.now()) == JOSETTE
    assert JOSETTE.household_ids == {"h1"}
    assert JOSETTE.group_ids(Role.MEMBER) == {"g1"}


def test_a_token_of_another_key_or_without_one_is_refused(keys, clock):
    verifier = TokenVerifier(keys[1])
    with pytest.raises(InvalidToken):
        verifier.verify(TokenIssuer(new_key_pair()[0]).issue(JOSETTE, clock.now()), clock.now())
    claims = {"iss": "cabas", "sub": "x", "name": "", "lang": "fr", "grants": [], "sid": "", "csrf": "", "exp": 2**40}
    # The public key as a shared secret: the classic confusion of algorithms.
    forged = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(keys[1].hex()), algorithms=["HS256"])
    for token in (forged, "", "a.b.c", "eyJhbGciOiJub25lIn0.e30."):
        with pytest.raises(InvalidToken):
            verifier.verify(token, clock.now())


def test_a_token_ends(keys, clock):
    token = TokenIssuer(keys[0]).issue(JOSETTE, clock.now())
    with pytest.raises(InvalidToken):
        TokenVerifier(keys[1]).verify(token, clock.now() + timedelta(minutes=11))


@pytest.fixture
async def app(started):
    return await started(create_app, Settings)


async def test_a_page_sends_a_stranger_to_sign_in_and_an_api_says_401(app, client_for):
    client = client_for(app)
    page = await client.get("/ordering/count?x=1")
    assert page.status_code == 303
    assert page.headers["location"] == "/ordering/session?next=%2Fordering%2Fcount%3Fx%3D1"
    assert (await client.get("/ordering/count", headers={"accept": "application/json"})).status_code == 401


async def test_a_form_sent_after_the_token_ended_keeps_its_body(app, client_for):
    answer = await client_for(app).post("/ordering/count", data={"quantity": "3"})
    assert answer.status_code == 307


async def test_a_form_without_the_sessions_secret_is_refused(app, client_for):
    member = client_for(app, MEMBER)
    assert (await member.submit("/ordering/count")).json() == {"version": 1}
    for forged in ({}, {"csrf_token": ""}, {"csrf_token": "guess"}):
        with pytest.raises(Exception, match="forged"):
            await member.post("/ordering/count", data=forged)
    with pytest.raises(Exception, match="forged"):
        await member.submit("/ordering/count", headers={"sec-fetch-site": "cross-site"})


async def test_a_command_with_a_bearer_token_needs_no_form(app, client_for, keys, clock):
    stranger = client_for(app)
    bearer = {"authorization": f"Bearer {TokenIssuer(keys[0]).issue(JOSETTE, clock.now())}"}
    assert (await stranger.post("/ordering/count", headers=bearer)).json() == {"version": 1}
    # A cookie beside it does not turn into a way round the check.
    stranger.cookies.set(TOKEN_COOKIE, bearer["authorization"].split()[1])
    with pytest.raises(Exception, match="forged"):
        await stranger.post("/ordering/count")


async def test_a_role_that_is_not_served_is_refused(app, client_for):
    with pytest.raises(Exception, match="role"):
        await client_for(app, replace(MEMBER, role=Role.DRIVER)).get("/ordering/count")


async def test_a_public_form_needs_the_secret_of_its_cookie(app, client_for):
    stranger = client_for(app)
    with pytest.raises(Exception, match="forged"):
        await stranger.post("/ordering/public", data={"csrf_token": ""})
    stranger.cookies.set("cabas_form", "s3cret")
    assert (await stranger.post("/ordering/public", data={"csrf_token": "s3cret"})).json() == {"known": False}


async def test_every_answer_carries_security_headers_and_its_id(app, client_for):
    answer = await client_for(app, MEMBER).get("/ordering/count", headers={"x-request-id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    strange = await client_for(app, MEMBER).get("/ordering/count", headers={"x-request-id": "a\tb{}"})
    assert strange.headers["x-request-id"] != "a\tb{}"


async def test_a_body_above_the_limit_is_refused(started, client_for):
    app = await started(create_app, Settings, max_body_bytes=1000)
    answer = await client_for(app, MEMBER).submit("/ordering/count", {"note": "x" * 2000})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/ordering/shop?q=1", "/ordering/shop?q=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("", "/"),
        ("/a\r\nset-cookie: x", "/"),
    ],
)
def test_a_link_given_to_come_back_stays_on_this_site(given, kept):
    assert local_path(given) == kept


async def test_a_secret_in_an_address_is_not_written_to_the_log(app, client_for, capsys):
    await client_for(app).get("/ordering/open/s3cret-of-josette")
    await client_for(app, MEMBER).get("/ordering/count")
    log = capsys.readouterr().out
    assert "s3cret-of-josette" not in log
    assert "/ordering/open/{secret}" in log
    assert "/ordering/count" in log
