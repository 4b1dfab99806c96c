"""In front of the door: signing in and out, and where the session is kept."""

from __future__ import annotations

from pyotp.totp import TOTP

from models.clock import now
from tests.browser.conftest import OpenWindow, Studio
from tests.factories.people import PASSWORD


async def test_a_wrong_password_is_told_and_the_right_one_opens(window: OpenWindow, studio: Studio) -> None:
    one = await window()
    email = studio.owner.user["email"]
    await one.sign_in(email, "not the password")
    await one.until("document.querySelector('[data-form=sign-in] .alert').checkVisibility()")
    assert await one.look("location.pathname") == "/sign-in"
    await one.type("#password", PASSWORD)
    await one.press("Enter")
    await one.until("location.pathname", "/projects")
    await one.until("document.querySelector('.project h2')?.innerText", "Northwind rebrand")


async def test_the_second_factor_is_asked_for(window: OpenWindow, studio: Studio) -> None:
    secret = (await studio.owner.post("/api/settings/2fa/enable")).json["secret"]
    confirmed = await studio.owner.post("/api/settings/2fa/verify", {"code": TOTP(secret).at(now())})
    assert confirmed == 200, confirmed
    one = await window()
    await one.sign_in(studio.owner.user["email"], PASSWORD)
    await one.type("#code", "000000")
    await one.press("Enter")
    await one.until("document.querySelector('[data-form=second-factor] .alert').checkVisibility()")
    await one.type("#code", confirmed.json["recovery_codes"][0])
    await one.press("Enter")
    await one.until("location.pathname", "/projects")
    await one.sees_live()


async def test_no_script_can_read_the_session(window: OpenWindow, studio: Studio) -> None:
    one = await window()
    await one.sign_in(studio.owner.user["email"], PASSWORD)
    await one.sees_live()
    assert await one.look("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
    cookies = {c["name"]: (c["httpOnly"], c["sameSite"]) for c in await one.page.cookies()}
    assert cookies == {"mf_refresh": (True, "Strict")}


async def test_a_page_without_a_session_asks_for_one_and_goes_on(window: OpenWindow, studio: Studio) -> None:
    one = await window(None, studio.path)
    await one.until("location.pathname + location.search", f"/sign-in?next=%2Fprojects%2F{studio.project['id']}")
    await one.type("#email", studio.owner.user["email"])
    await one.type("#password", PASSWORD)
    await one.press("Enter")
    await one.until("location.pathname", studio.path)
    await one.sees("doing", ["Logo"])


async def test_signing_out_ends_the_session(window: OpenWindow, studio: Studio) -> None:
    one = await window(studio.owner, "/projects")
    await one.click("#me")
    await one.click("#sign-out")
    await one.until("location.pathname", "/sign-in")
    await one.go("/my-work")
    await one.until("location.pathname", "/sign-in")


async def test_an_empty_form_names_what_is_missing(window: OpenWindow) -> None:
    one = await window(None, "/register")
    await one.click("form button")
    await one.until("document.querySelectorAll('[aria-invalid=true]').length", 4)
    await one.until("document.activeElement.id", "name")
