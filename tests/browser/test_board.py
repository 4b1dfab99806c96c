"""The board: two windows, one of them without a network for a while; mouse, keyboard, words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.browser.conftest import OpenWindow, Studio
from tests.helpers.browser import Window
from tests.helpers.processes import Process

Start = Callable[..., Awaitable[Process]]


async def both(window: OpenWindow, studio: Studio) -> tuple[Window, Window]:
    mara = await window(studio.owner, studio.path)
    jonas = await window(studio.member, studio.path)
    for one in (mara, jonas):
        await one.sees_live()
        await one.until("document.querySelectorAll('.column[data-live]').length", 4)  # not the first paint
    return mara, jonas


async def columns(studio: Studio) -> dict[str, list[str]]:
    board = (await studio.owner.get(f"/api/projects/{studio.project['id']}/board")).json
    return {column["key"]: [task["title"] for task in column["tasks"]] for column in board["columns"]}


async def shows(one: Window, board: dict[str, list[str]]) -> None:
    for key, titles in board.items():
        await one.sees(key, titles)


async def test_a_card_that_one_drags_moves_in_the_other_window(window: OpenWindow, studio: Studio) -> None:
    mara, jonas = await both(window, studio)
    await jonas.sees("todo", ["Moodboard", "Interviews", "Wireframe"])
    await mara.drag("Interviews", "doing")
    await jonas.sees("doing", ["Interviews", "Logo"])
    await jonas.sees("todo", ["Moodboard", "Wireframe"])
    await mara.until("document.querySelectorAll('.card.pending').length", 0)
    expected = {"todo": ["Moodboard", "Wireframe"], "doing": ["Interviews", "Logo"], "review": [], "done": []}
    assert await columns(studio) == expected
    await shows(mara, expected)


async def test_who_lost_the_network_comes_back_to_the_same_board(window: OpenWindow, studio: Studio) -> None:
    mara, jonas = await both(window, studio)
    await jonas.network(on=False)
    await jonas.until("document.querySelector('#light').dataset.state", "offline")
    await jonas.until("document.querySelector('#light').innerText", "Offline")
    await studio.move("Moodboard", "done")
    await mara.sees("done", ["Moodboard"])  # or the next card slides away under her hand
    await mara.drag("Wireframe", "review")
    await mara.sees("review", ["Wireframe"])
    await mara.until("document.querySelectorAll('.card.pending').length", 0)  # it is stored
    made = await studio.owner.post(f"/api/projects/{studio.project['id']}/tasks", {"title": "Press kit"})
    assert made == 201, made
    assert (await studio.owner.delete(f"/api/tasks/{studio.tasks['Logo']['id']}")) == 204
    await jonas.sees("todo", ["Moodboard", "Interviews", "Wireframe"])  # nothing reached it meanwhile
    await jonas.network(on=True)
    await jonas.sees_live()
    expected = await columns(studio)
    assert expected == {
        "todo": ["Interviews", "Press kit"],
        "doing": [],
        "review": ["Wireframe"],
        "done": ["Moodboard"],
    }
    await shows(jonas, expected)
    await shows(mara, expected)


async def test_a_card_moves_by_keyboard_and_says_so(window: OpenWindow, studio: Studio) -> None:
    mara, jonas = await both(window, studio)
    said = "document.querySelector('#announce').textContent"
    await mara.until("document.querySelector('[data-key=todo][data-live] .card')")
    await mara.look("document.querySelector('[data-key=todo] .card').focus()")
    await mara.press("ArrowDown", "Space")
    await mara.until(said, "Interviews, lifted: To do, 2 of 3.")
    await mara.press("ArrowRight")
    await mara.until(said, "Interviews, now in: Doing, 2 of 2.")
    await jonas.sees("doing", ["Logo"])  # nobody hears of a card that is still in the hand
    await mara.press("Space")
    await jonas.sees("doing", ["Logo", "Interviews"])
    await mara.until("document.activeElement.querySelector?.('.title')?.textContent", "Interviews")
    await mara.press("Space", "ArrowLeft", "Escape")
    await mara.until(said, "Interviews is back in its place.")
    await mara.sees("doing", ["Logo", "Interviews"])


async def test_who_is_taken_off_the_project_loses_the_board_at_once(window: OpenWindow, studio: Studio) -> None:
    jonas = await window(studio.member, studio.path)
    await jonas.sees_live()
    await jonas.click("[data-key=doing] .card")
    await jonas.until("document.querySelector('#sheet').open")
    path = f"/api/projects/{studio.project['id']}/members/{studio.member.id}"
    assert (await studio.owner.delete(path)) == 204
    await jonas.until("document.querySelector('#main h2').textContent", "This board is closed to you")
    await jonas.until("[document.querySelectorAll('.card').length, document.querySelector('#sheet').open]", [0, False])


async def test_a_refused_move_goes_back_and_says_why(window: OpenWindow, studio: Studio) -> None:
    mara = await window(studio.owner, studio.path)
    await mara.sees_live()
    await mara.network(on=False)
    async with mara.told("toast bad: ", "“Moodboard” went back"):
        await mara.drag("Moodboard", "done")
    await mara.sees("todo", ["Moodboard", "Interviews", "Wireframe"])


async def test_a_task_is_written_into_its_column(window: OpenWindow, studio: Studio) -> None:
    mara, jonas = await both(window, studio)
    await mara.click("[data-key=review] .add-button")
    await mara.type("[data-key=review] textarea", "Call the printer")
    await mara.press("Enter")
    await jonas.sees("review", ["Call the printer"])
    await mara.type("[data-key=review] textarea", "Call the courier")  # the line waits for the next one
    await mara.press("Enter")
    await jonas.sees("review", ["Call the printer", "Call the courier"])


async def test_a_comment_mentions_and_everybody_sees_who_types(window: OpenWindow, studio: Studio) -> None:
    mara, jonas = await both(window, studio)
    await jonas.click("#activity-button")
    await jonas.until("[...document.querySelectorAll('#here li')].map(l => l.lastChild.data).join()", HERE)
    await mara.click("[data-key=doing] .card")
    async with jonas.told("Mara Lindqvist is typing on “Logo”…"):
        await mara.type(".compose textarea", "Ready for you, @jon")
        await mara.until("document.querySelector('.suggest li')?.textContent.includes('Jonas Okafor')")
        await mara.press("Enter")
    await mara.click(".compose .primary")
    await mara.until("document.querySelector('.comment .mention')?.textContent", "@Jonas Okafor")
    comments = (await studio.owner.get(f"/api/tasks/{studio.tasks['Logo']['id']}/comments")).json["items"]
    assert [comment["body"] for comment in comments] == ["Ready for you, @Jonas Okafor"]
    assert comments[0]["mentions"] == [studio.member.id]
    await jonas.until("document.querySelector('#feed li b')?.textContent", "Mara Lindqvist")


async def test_a_mention_rings_the_bell(window: OpenWindow, studio: Studio, background: Start) -> None:
    jonas = await window(studio.member, "/my-work")
    await jonas.sees_live()
    await background("tasks.dispatch")
    task = studio.tasks["Logo"]["id"]
    assert (await studio.owner.post(f"/api/tasks/{task}/comments", {"body": "Look, @Jonas Okafor"})) == 201
    await jonas.until("document.querySelector('#unread').checkVisibility()")
    # He was put on the project before.
    await jonas.until("document.querySelector('#unread').textContent", "2")
    await jonas.until("document.querySelector('#bell').ariaLabel", "Notifications, 2 unread")
    await jonas.click("#bell")
    await jonas.click(".notice.unread")
    await jonas.until("document.querySelector('#sheet')?.open")
    await jonas.until("document.querySelector('.comment .mention')?.textContent", "@Jonas Okafor")
    assert (await studio.member.get("/api/notifications/unread-count")).json == {"count": 1}


async def test_what_one_edits_in_an_open_card_the_other_sees_in_theirs(window: OpenWindow, studio: Studio) -> None:
    mara, jonas = await both(window, studio)
    for one in (mara, jonas):
        await one.click("[data-key=doing] .card")
        await one.until("document.querySelector('#sheet').open")
    await mara.type(".sheet-head textarea", "Logo, second round")
    await mara.press("Enter")
    await jonas.until("document.querySelector('.sheet-head textarea').value", "Logo, second round")
    await mara.type("[aria-label='New checklist item']", "Black and white version")
    await mara.press("Enter")
    await jonas.until("document.querySelector('#sheet .item label')?.textContent", "Black and white version")
    await jonas.click("#sheet .item input")
    await mara.until("document.querySelector('#sheet .item input').checked")
    await mara.click("#sheet .pick:last-child")
    await jonas.until("document.querySelectorAll('#sheet .pick[aria-pressed=true]').length", 1)


HERE = "Jonas Okafor (you),Mara Lindqvist"
