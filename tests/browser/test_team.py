"""The team's page, and the way into a team: invited by mail, accepted in the browser; alone, and in a team again."""

from __future__ import annotations

import uuid

import pytest

from tests.browser.conftest import OpenWindow, Studio
from tests.factories import Make
from tests.factories.people import PASSWORD
from tests.helpers.letters import mailed_token

MEMBERS = "[...document.querySelectorAll('#members .row')].map(r => r.querySelector('b').textContent)"
GUESTS = "[...document.querySelectorAll('#invitations .row')].map(r => r.dataset.email)"
ROLE_OF = "document.querySelector('[data-user=\"{0}\"] select').value"


@pytest.fixture
def guest() -> str:
    return f"guest-{uuid.uuid4().hex[:8]}@example.com"


async def test_somebody_is_invited_joins_and_is_seen_at_once(
    window: OpenWindow, studio: Studio, make: Make, guest: str
) -> None:
    mara = await window(studio.owner, "/settings")
    await mara.until(MEMBERS, ["Mara Lindqvist", "Jonas Okafor"])
    await mara.sees_live()
    await mara.type("#i-email", guest)
    await mara.select("#i-role", "manager")
    await mara.click("#invite button[type=submit]")
    await mara.until(GUESTS, [guest])

    newcomer = await window(None, f"/accept-invite?token={await mailed_token(make.sql, guest, 'teams/invitation')}")
    await newcomer.click("form button")
    await newcomer.until("document.querySelectorAll('[aria-invalid=true]').length", 2)
    await newcomer.type("#name", "Iris Novak")
    await newcomer.type("#password", PASSWORD)
    await newcomer.press("Enter")
    await newcomer.until("location.pathname", "/projects")
    await newcomer.until("document.querySelector('.project h2')?.innerText", "Northwind rebrand")
    await newcomer.sees_live()
    # Nobody has loaded this page anew.
    await mara.until(MEMBERS, ["Mara Lindqvist", "Jonas Okafor", "Iris Novak"])
    await mara.until(GUESTS, [])


async def test_an_account_that_there_is_needs_only_its_password(window: OpenWindow, studio: Studio, make: Make) -> None:
    other = await make.owner(name="Olga Petrova")
    sent = await studio.owner.post(f"/api/teams/{studio.owner.team_id}/invite", {"email": other.user["email"]})
    assert sent == 201, sent
    token = await mailed_token(make.sql, other.user["email"], "teams/invitation")
    one = await window(None, f"/accept-invite?token={token}")
    await one.type("#password", "not the password")
    await one.press("Enter")
    await one.until("document.querySelector('.alert').checkVisibility()")
    await one.type("#password", PASSWORD)
    await one.press("Enter")
    await one.until("location.pathname", "/projects")
    await one.until("document.querySelector('#me').innerText.includes('Studio Nord')")
    again = await window(None, f"/accept-invite?token={token}")
    await again.type("#password", PASSWORD)
    await again.press("Enter")
    await again.until("document.querySelector('.alert').innerText.includes('invitation was used')")


async def test_an_invitation_is_sent_again_and_withdrawn(
    window: OpenWindow, studio: Studio, make: Make, guest: str
) -> None:
    one = await window(studio.owner, "/settings")
    await one.type("#i-email", "no address")
    await one.click("#invite button[type=submit]")
    await one.until("document.activeElement.id", "i-email")
    await one.type("#i-email", guest)
    await one.press("Enter")
    await one.until(GUESTS, [guest])
    first = await mailed_token(make.sql, guest, "teams/invitation")
    async with one.told(f"Sent to {guest} again."):
        await one.click("#invitations .row-end .button")
    assert await mailed_token(make.sql, guest, "teams/invitation") != first
    await one.click("#invitations .row-end .icon-button")
    await one.until(GUESTS, [])
    await one.until("document.querySelector('#invitations').hidden")


async def test_roles_and_removals_hold_in_the_other_window(window: OpenWindow, studio: Studio) -> None:
    mara, jonas = await window(studio.owner, "/settings"), await window(studio.member, "/settings")
    await jonas.until(MEMBERS, ["Mara Lindqvist", "Jonas Okafor"])
    await jonas.sees_live()
    allowed = "[document.querySelector('#invite-section').hidden, document.querySelectorAll('#members select').length]"
    await jonas.until(allowed, [True, 0])
    await mara.until(MEMBERS, ["Mara Lindqvist", "Jonas Okafor"])
    await mara.select(f"[data-user='{studio.member.id}'] select", "admin")
    await jonas.until("document.querySelector('#invite-section').hidden", False)
    await jonas.until(ROLE_OF.format(studio.member.id), "admin")
    # An admin gives no more than they have, and takes nothing from an owner.
    roles = "[...document.querySelectorAll('#i-role option')].map(o => o.value)"
    await jonas.until(roles, ["member", "manager", "admin"])
    await mara.click(f"[data-user='{studio.member.id}'] .icon-button")
    await mara.click("#sure-yes")
    await mara.until(MEMBERS, ["Mara Lindqvist"])
    await jonas.until("location.pathname", "/projects")  # of his other team
    await jonas.until("document.querySelector('#me').innerText.includes('Studio Nord')", False)


async def test_the_last_owner_stays_and_says_why(window: OpenWindow, studio: Studio) -> None:
    one = await window(studio.owner, "/settings")
    await one.until(MEMBERS, ["Mara Lindqvist", "Jonas Okafor"])
    async with one.told("toast bad: ", "A team needs an owner"):
        await one.click("#leave")
        await one.click("#sure-yes")
    await one.type("#t-name", "Studio Süd")
    await one.press("Enter")
    await one.until("document.querySelector('#team-name').textContent", "Studio Süd")
    assert (await studio.owner.get(f"/api/teams/{studio.owner.team_id}")).json["name"] == "Studio Süd"


async def test_who_is_in_no_team_is_led_to_begin_one(window: OpenWindow, make: Make) -> None:
    alone = await make.owner(name="Lone Wolf")
    gone = await alone.ask("DELETE", f"/api/teams/{alone.team_id}", json={"confirm": alone.team["name"]})
    assert gone == 204, gone
    one = await window()
    await one.sign_in(alone.user["email"], PASSWORD)
    await one.until("location.pathname", "/settings")
    await one.until("document.querySelector('#alone').checkVisibility()")
    await one.until("[...document.querySelectorAll('.of-team')].every(part => part.hidden)")
    await one.type("#f-name", "Den")
    await one.press("Enter")
    await one.until("location.pathname", "/projects")
    await one.sees_live()
    await one.until("document.querySelector('#me').innerText.includes('Den')")
