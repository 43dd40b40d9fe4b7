"""Signing in by a link: who gets one, how often, how long it works, and what a session is."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event, func, select

from chassis.identity import FORM_COOKIE, TOKEN_COOKIE, Grant
from chassis.testing import Browser, ClientFor, FrozenClock
from contracts import Role
from ordering import person, role, session, sign_in


async def test_a_known_address_gets_a_link_that_signs_in_once(app: FastAPI, stranger: Browser, tools: Any) -> None:
    answer = await tools.ask_link(stranger, "JOSETTE@Example.ORG", next="/ordering/shop")
    assert answer.status_code == 200
    (request,) = await tools.requests(app)
    assert request.email == "Josette@example.org"
    assert request.path.startswith("/ordering/sign-in/")

    opened = await stranger.get(request.path)
    assert opened.status_code == 200
    assert "Josette Martin" in opened.text
    again = await stranger.get(request.path)
    assert again.status_code == 200, "a program that looks at mails must not use the link up"

    used = await tools.use_link(stranger, request.path)
    assert (used.status_code, used.headers["location"]) == (303, "/ordering/shop")
    assert (await stranger.get("/ordering/me")).status_code == 200


async def test_an_unknown_address_gets_the_same_answer_and_no_link(
    app: FastAPI, stranger: Browser, client_for: ClientFor, tools: Any
) -> None:
    known = await tools.ask_link(stranger, "josette@example.org")
    unknown = await tools.ask_link(client_for(app, language="en"), "nobody@example.org")
    assert unknown.status_code == known.status_code == 200
    tidy = [page.text.replace("josette@", "x@").replace("nobody@", "x@") for page in (known, unknown)]
    assert tidy[0] == tidy[1]
    assert [request.email for request in await tools.requests(app)] == ["Josette@example.org"]


async def test_known_and_unknown_addresses_cost_the_same_statements(app: FastAPI, tools: Any) -> None:
    database = tools.service_of(app).database
    said: list[list[str]] = []
    for email in ("josette@example.org", "nobody@example.org"):
        statements: list[str] = []
        async with database.write() as writer:
            connection = writer.connection.sync_connection

            def note(_c: Any, _cursor: Any, statement: str, *_rest: Any, into: list[str] = statements) -> None:
                into.append(statement)

            event.listen(connection, "before_cursor_execute", note)
            await sign_in.ask(writer, email, "192.0.2.1", "/", b"key")
            event.remove(connection, "before_cursor_execute", note)
        said.append(statements)
    assert said[0] == said[1] != []


async def test_a_link_used_twice_says_so_and_offers_a_new_one(
    app: FastAPI, stranger: Browser, client_for: ClientFor, tools: Any
) -> None:
    await tools.ask_link(stranger, "josette@example.org")
    (request,) = await tools.requests(app)
    await tools.use_link(stranger, request.path)
    second = client_for(app, language="en")
    await second.get("/ordering/sign-in")
    late = await second.post(request.path, data={"csrf_token": second.cookies[FORM_COOKIE]})
    assert late.status_code == 410
    assert "This link works no more" in late.text
    assert 'action="/ordering/sign-in"' in late.text
    assert (await second.get(request.path)).status_code == 410
    assert TOKEN_COOKIE not in second.cookies


async def test_a_link_dies_after_fifteen_minutes(
    app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any
) -> None:
    await tools.ask_link(stranger, "josette@example.org")
    (request,) = await tools.requests(app)
    clock.advance(timedelta(minutes=15))
    assert (await stranger.get(request.path)).status_code == 410
    await stranger.get("/ordering/sign-in")
    late = await stranger.post(request.path, data={"csrf_token": stranger.cookies[FORM_COOKIE]})
    assert late.status_code == 410


async def test_two_who_use_a_link_at_once_one_wins(app: FastAPI, stranger: Browser, tools: Any) -> None:
    await tools.ask_link(stranger, "josette@example.org")
    (request,) = await tools.requests(app)
    secret = request.path.removeprefix(sign_in.PATH)
    database = tools.service_of(app).database

    async def use() -> bool:
        async with database.write() as writer:
            return await sign_in.use(writer, secret, "") is not None

    results = await asyncio.gather(*(use() for _ in range(8)))
    assert sum(results) == 1
    async with database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(session.session)) == 1


async def test_the_database_holds_no_secret_that_works(app: FastAPI, stranger: Browser, tools: Any) -> None:
    await tools.ask_link(stranger, "josette@example.org")
    (request,) = await tools.requests(app)
    async with tools.service_of(app).database.read() as reader:
        links = await reader.all(select(sign_in.link))
        counts = await reader.all(select(sign_in.asked))
    assert request.path.removeprefix(sign_in.PATH) not in str(links)
    assert "josette" not in str(counts).lower()
    await tools.use_link(stranger, request.path)
    async with tools.service_of(app).database.read() as reader:
        sessions = await reader.all(select(session.session))
    assert stranger.cookies["cabas_session"] not in str(sessions)


async def test_the_sixth_request_for_an_address_is_put_off(
    app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any
) -> None:
    known, unknown = "josette@example.org", "nobody@example.org"
    for _ in range(5):
        for email in (known, unknown):
            assert (await tools.ask_link(stranger, email)).status_code == 200
        clock.advance(60)
    for email in (known, unknown):
        late = await tools.ask_link(stranger, email.upper())
        assert late.status_code == 429
        # The first was at 10:00 in France: from 10:15 on one more is free.
        assert "10:16" in late.text
    clock.advance(timedelta(minutes=11))
    for email in (known, unknown):
        assert (await tools.ask_link(stranger, email)).status_code == 200


async def test_the_twenty_first_request_of_a_client_is_put_off(app: FastAPI, client_for: ClientFor, tools: Any) -> None:
    browser = client_for(app)
    for n in range(20):
        assert (await tools.ask_link(browser, f"person{n}@example.org")).status_code == 200
    assert (await tools.ask_link(browser, "one.more@example.org")).status_code == 429


async def test_neighbours_in_one_ipv6_network_count_as_one_client(app: FastAPI, tools: Any) -> None:
    database = tools.service_of(app).database

    async def ask(n: int, client: str) -> None:
        async with database.write() as writer:
            await sign_in.ask(writer, f"person{n}@example.org", client, "/", b"key")

    for n in range(20):
        await ask(n, f"2001:db8::{n:x}")
    with pytest.raises(sign_in.TooOften):
        await ask(20, "2001:db8::ffff")
    await ask(21, "2001:db8:0:1::1")


async def test_counts_hold_when_requests_come_at_once(app: FastAPI, tools: Any) -> None:
    database = tools.service_of(app).database

    async def ask(n: int) -> bool:
        try:
            async with database.write() as writer:
                await sign_in.ask(writer, "josette@example.org", f"192.0.2.{n}", "/", b"key")
        except sign_in.TooOften:
            return False
        return True

    assert sum(await asyncio.gather(*(ask(n) for n in range(12)))) == 5


async def test_what_was_counted_is_forgotten(app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any) -> None:
    await tools.ask_link(stranger, "josette@example.org")
    await tools.requests(app)
    clock.advance(timedelta(days=2))
    await tools.requests(app)
    async with tools.service_of(app).database.read() as reader:
        assert await reader.all(select(sign_in.asked)) == []
        assert await reader.all(select(sign_in.link)) == []


async def test_somebody_shut_out_gets_no_link(
    app: FastAPI, stranger: Browser, coordinator: Browser, tools: Any
) -> None:
    await coordinator.submit(f"/ordering/people/{tools.JOSETTE}/rest")
    assert (await tools.ask_link(stranger, "josette@example.org")).status_code == 200
    assert await tools.requests(app) == []


async def test_what_is_no_address_is_told_at_the_field(stranger: Browser, tools: Any) -> None:
    for email in ("", "josette", "josette@", "a b@example.org", "x" * 300 + "@example.org"):
        answer = await tools.ask_link(stranger, email)
        assert answer.status_code == 422, email
        assert 'id="field-email-error"' in answer.text, email


async def test_a_link_leads_nowhere_else(app: FastAPI, client_for: ClientFor, tools: Any) -> None:
    for path in ("https://evil.example/", "//evil.example", "/\\evil.example", "/ordering/sign-out"):
        browser = client_for(app)
        await tools.ask_link(browser, "josette@example.org", next=path)
        request = (await tools.requests(app))[-1]
        assert (await tools.use_link(browser, request.path)).headers["location"] == "/", path


async def test_forms_of_other_sites_are_refused(stranger: Browser) -> None:
    for url in ("/ordering/sign-in", "/ordering/sign-in/some-secret"):
        assert (await stranger.post(url, data={"email": "josette@example.org"})).status_code == 403


# --- sessions ---


async def test_a_token_that_ran_out_is_renewed_on_the_way(
    app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any
) -> None:
    await tools.sign_in(app, stranger, "josette@example.org")
    clock.advance(timedelta(minutes=11))
    page = await stranger.get("/ordering/me", follow_redirects=True)
    assert page.status_code == 200
    assert [hop.headers["location"] for hop in page.history] == [
        "/ordering/session?next=%2Fordering%2Fme",
        "/ordering/me",
    ]


async def test_the_first_page_knows_who_comes_back_after_the_token_ran_out(
    app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any
) -> None:
    assert (await stranger.get("/ordering/home")).status_code == 200, "a stranger is shown around"
    await tools.sign_in(app, stranger, "josette@example.org")
    clock.advance(timedelta(minutes=11))
    back = await stranger.get("/ordering/home")
    assert back.headers["location"] == "/ordering/session?next=/"
    assert (await stranger.get(back.headers["location"])).headers["location"] == "/"
    assert "Josette" in (await stranger.get("/ordering/home")).text

    clock.advance(timedelta(days=31))
    over = await stranger.get((await stranger.get("/ordering/home")).headers["location"])
    assert over.headers["location"] == "/ordering/sign-in?next=%2F"
    assert (await stranger.get("/ordering/home")).status_code == 200, "and not sent round in a circle"


async def test_a_form_sent_after_the_token_ran_out_is_not_lost(
    app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any
) -> None:
    await tools.sign_in(app, stranger, "josette@example.org")
    clock.advance(timedelta(minutes=11))
    form = {"version": "1", "name": "Josette M.", "phone": "", "language": "en"}
    saved = await stranger.submit("/ordering/me", form, follow_redirects=True)
    assert [hop.status_code for hop in saved.history] == [307, 307, 303]
    assert "Josette M." in saved.text


async def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(
    app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any
) -> None:
    await tools.sign_in(app, stranger, "josette@example.org")
    clock.advance(timedelta(days=31))
    form = {"version": "1", "name": "Josette M."}
    headers = {"referer": "http://hub.test/ordering/me"}
    there = await stranger.submit("/ordering/me/sessions/x/end", form, headers=headers)
    there = await stranger.submit(there.headers["location"], form, headers=headers)
    assert there.headers["location"] == "/ordering/sign-in?next=%2Fordering%2Fme"


async def test_a_session_in_use_does_not_run_out(
    app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any
) -> None:
    await tools.sign_in(app, stranger, "josette@example.org")
    for _ in range(3):
        clock.advance(timedelta(days=29))
        stranger.cookies.set("cabas_session", stranger.cookies["cabas_session"], "hub.test", "/ordering")
        assert (await stranger.get("/ordering/me", follow_redirects=True)).url.path == "/ordering/me"


async def test_cookies_are_out_of_reach_of_scripts(app: FastAPI, stranger: Browser, tools: Any) -> None:
    await tools.ask_link(stranger, "josette@example.org")
    answer = await tools.use_link(stranger, (await tools.requests(app))[0].path)
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    assert any(c.startswith("cabas_session=") and "Path=/ordering" in c for c in cookies)


async def test_signing_out_ends_the_session(app: FastAPI, stranger: Browser, tools: Any) -> None:
    await tools.sign_in(app, stranger, "josette@example.org")
    secret = stranger.cookies["cabas_session"]
    assert (await stranger.submit("/ordering/sign-out")).status_code == 303
    assert TOKEN_COOKIE not in stranger.cookies
    stranger.cookies.set("cabas_session", secret)
    back = await stranger.get("/ordering/session?next=/ordering/me")
    assert back.headers["location"] == "/ordering/sign-in?next=%2Fordering%2Fme"


async def test_somebody_ends_another_of_their_sessions(
    app: FastAPI, stranger: Browser, client_for: ClientFor, tools: Any
) -> None:
    telephone = client_for(app, language="en")
    await tools.sign_in(app, telephone, "josette@example.org")
    await tools.sign_in(app, stranger, "josette@example.org")
    assert (await stranger.submit("/ordering/me/sessions/end-others")).status_code == 303
    assert "sign-in" in (await telephone.get("/ordering/session?next=/ordering/me")).headers["location"]
    assert (await stranger.get("/ordering/session?next=/ordering/me")).headers["location"] == "/ordering/me"


async def test_a_session_of_somebody_else_cannot_be_ended(
    app: FastAPI, stranger: Browser, client_for: ClientFor, tools: Any
) -> None:
    await tools.sign_in(app, stranger, "josette@example.org")
    async with tools.service_of(app).database.read() as reader:
        (theirs,) = await reader.all(select(session.session))
    other = client_for(app, Grant(Role.MEMBER, household_id="elsewhere"), person_id="somebody-else")
    await other.submit(f"/ordering/me/sessions/{theirs['id']}/end")
    await other.submit("/ordering/me/sessions/end-others")
    assert (await stranger.get("/ordering/session?next=/ordering/me")).headers["location"] == "/ordering/me"


async def test_a_role_taken_away_is_gone_with_the_next_token(
    app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any
) -> None:
    database = tools.service_of(app).database
    async with database.write() as writer:
        await person.add(writer, writer.ids.new(), person.Details("Anne", "anne@example.org"))
        anne = await person.with_email(writer, "anne@example.org")
        assert anne is not None
        for name in (Role.COORDINATOR, Role.BOOKKEEPER):
            await role.give(writer, anne["id"], name, given_by="test")
        other = await person.add(writer, writer.ids.new(), person.Details("Paul", "paul@example.org"))
        await role.give(writer, other["id"], Role.COORDINATOR, given_by="test")
    await tools.sign_in(app, stranger, "anne@example.org")
    assert (await stranger.get("/ordering/people")).status_code == 200
    async with database.write() as writer:
        held = next(row for row in await role.given_to(writer, anne["id"]) if row["role"] == Role.COORDINATOR)
        await role.take(writer, anne["id"], held["id"])
    clock.advance(timedelta(minutes=11))
    assert (await stranger.get("/ordering/people", follow_redirects=True)).status_code == 403


# --- the first coordinator ---


async def test_the_first_coordinator_signs_in_and_says_who_they_are(
    app: FastAPI, stranger: Browser, tools: Any
) -> None:
    service = tools.service_of(app)
    old, path = await sign_in.first_link(service), await sign_in.first_link(service)
    assert old is not None
    assert path is not None
    assert (await stranger.get(old)).status_code == 410, "an older link dies"
    used = await tools.use_link(stranger, path)
    assert used.headers["location"] == "/ordering/me?welcome=1"
    page = (await stranger.get(used.headers["location"])).text
    form = {
        "csrf_token": tools.field(page, "csrf_token"),
        "version": tools.field(page, "version"),
        "name": "Anne",
        "email": "anne@example.org",
        "language": "fr",
    }
    assert (await stranger.post("/ordering/me", data=form)).status_code == 303
    assert (await stranger.get("/ordering/people")).status_code == 200
    assert await sign_in.first_link(service) is None
    async with service.database.read() as reader:
        anne = await person.with_email(reader, "anne@example.org")
        assert anne is not None
        roles = {grant.role for grant in await role.grants_of(reader, anne)}
    assert roles == {Role.COORDINATOR, Role.OPERATOR, Role.BOOKKEEPER}


async def test_the_first_link_works_for_a_day(app: FastAPI, stranger: Browser, clock: FrozenClock, tools: Any) -> None:
    path = await sign_in.first_link(tools.service_of(app))
    assert path is not None
    clock.advance(timedelta(hours=23))
    assert (await stranger.get(path)).status_code == 200
    clock.advance(timedelta(hours=1))
    assert (await stranger.get(path)).status_code == 410


async def test_an_operator_makes_a_link_for_somebody_locked_out(app: FastAPI, stranger: Browser, tools: Any) -> None:
    path = await sign_in.link_for(tools.service_of(app), "josette@example.org", 60)
    assert (await tools.use_link(stranger, path)).status_code == 303
    with pytest.raises(sign_in.Missing):
        await sign_in.link_for(tools.service_of(app), "nobody@example.org", 60)
