"""Orders on paper, typed in with the keyboard alone or on a phone without JavaScript; the plan of the year."""

import re

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from visitor import DESK, PHONE, Hub, Visit

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 780}


@pytest.fixture(scope="module")
def coordinator(hub: Hub) -> str:
    """The address of a coordinator: whoever opened the hub's first link says who they are."""
    return "coordination@example.org"


def signed_in(hub: Hub, visit: Visit, email: str, **device: object) -> Page:
    """As coordinator: by the first link once, later by a link of one's own."""
    page = visit(**device)
    if not hasattr(hub, "coordinated"):
        page.use(hub.first_link)
        page.page.goto(hub.url + "/ordering/me")
        page.page.locator("#field-name").fill("Marie")
        page.page.locator("#field-email").fill(email)
        page.page.locator("main form button[type=submit]").first.click()
        hub.coordinated = True  # type: ignore[attr-defined]
        return page.page
    return page.sign_in(email)


def numbers(hub: Hub, page: Page) -> list[str]:
    """The numbers on the printed form."""
    page.goto(f"{hub.url}/ordering/cycles/{hub.week.cycle_id}")
    page.locator("a[href*='/order-form/']").first.click()
    expect(page.locator(".paper-code").first).to_be_visible()
    return page.locator(".paper-code").all_inner_texts()


def in_hand(page: Page) -> None:
    """The browser gives the first field the focus a moment after the page is there: a person sees that, keys pressed
    before it go nowhere."""
    expect(page.locator("[autofocus]")).to_be_focused()


def test_twenty_lines_are_typed_with_the_keyboard_alone(hub: Hub, visit: Visit, coordinator: str) -> None:
    page = signed_in(hub, visit, coordinator, viewport=DESK)
    codes = numbers(hub, page)
    assert violations(page) == []
    page.goto(f"{hub.url}/ordering/cycles/{hub.week.cycle_id}/entry")
    assert violations(page) == []
    name = hub.week.homes[0].name
    in_hand(page)
    page.keyboard.type(f"{name}, {hub.week.homes[0].group}")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/entry/."))
    assert violations(page) == []
    in_hand(page)
    for code in codes[:20]:
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        page.keyboard.type("1")
        page.keyboard.press("Enter")
    expect(page.locator("#entry-count")).to_have_text(re.compile(r"^20\s"))
    told = page.locator("#entry-sum").inner_text()
    page.locator(".entry button.main").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/entry$"))
    expect(page.locator("body")).to_contain_text("20")
    expect(page.locator("body")).to_contain_text(told)


def test_letters_that_fit_several_things_name_them_and_take_no_quantity(
    hub: Hub, visit: Visit, coordinator: str
) -> None:
    page = signed_in(hub, visit, coordinator, viewport=DESK)
    page.goto(f"{hub.url}/ordering/cycles/{hub.week.cycle_id}/entry?household={hub.week.homes[1].name}")
    page.wait_for_url(re.compile(r"/entry/."))
    in_hand(page)
    page.keyboard.type("a")
    page.keyboard.press("Enter")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    assert page.locator("#field-what-1").input_value() == "a1", "a quantity typed too fast never becomes a number"
    expect(page.locator("#field-what-1")).to_be_focused()


def test_on_a_phone_without_javascript_rows_are_added_up_mended_and_saved(
    hub: Hub, visit: Visit, coordinator: str
) -> None:
    page = signed_in(hub, visit, coordinator, viewport=PHONE, script=False)
    codes = numbers(hub, page)
    page.goto(f"{hub.url}/ordering/cycles/{hub.week.cycle_id}/entry?household={hub.week.homes[2].name}")
    page.locator("#field-what-1").fill(codes[0])
    page.locator("#field-quantity-1").fill("2")
    page.locator("#field-what-2").fill("rien de tel")
    page.locator("#field-quantity-2").fill("1")
    page.locator("#field-quantity-2").press("Enter")
    expect(page.locator("#field-what-2-error")).to_be_visible()
    assert page.locator("#field-what-2").input_value() == "rien de tel"
    page.locator("#field-what-2").fill("")
    page.locator("#field-quantity-2").fill("")
    page.locator("button[value=save]").click()
    expect(page).to_have_url(re.compile(r"/entry$"))


def test_a_rhythm_is_written_and_the_plan_fits_a_narrow_phone(hub: Hub, visit: Visit, coordinator: str) -> None:
    page = signed_in(hub, visit, coordinator, viewport=DESK)
    page.goto(hub.url + "/ordering/rhythms/new")
    assert violations(page) == []
    page.locator("#field-name").fill("Chaque semaine")
    page.locator("button[value=save]").click()
    expect(page.locator(".plan-months")).to_be_visible()
    assert violations(page) == []
    phone = signed_in(hub, visit, coordinator, viewport=NARROW)
    for path in ("/ordering/rhythms", "/ordering/rhythms/new", "/ordering/rhythms/week", "/ordering/calendars"):
        phone.goto(hub.url + path)
        assert violations(phone) == []
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360, path
    phone.goto(hub.url + "/ordering/rhythms")
    expect(phone.locator(".plan-months")).to_be_hidden()
    expect(phone.locator(".plan-entry").first).to_be_visible()
