"""Socket.IO's own client as it is, with its default options and none of our code around it."""

from __future__ import annotations

from tests.browser.conftest import OpenWindow, Studio

CONNECT = """token => {
  window.heard = [];
  window.transports = [];
  window.socket = io(location.origin, {auth: {token}});
  socket.onAny((type, message) => heard.push({type, ...message}));
  socket.io.on("open", () => {
    transports.push(socket.io.engine.transport.name);
    socket.io.engine.once("upgrade", transport => transports.push(transport.name));
  });
}"""


async def test_it_upgrades_is_greeted_replays_and_hears(window: OpenWindow, studio: Studio) -> None:
    room = f"project:{studio.project['id']}"
    one = await window(None, "/static/vendor/vendor.lock.json")  # any document of this origin without a script
    await one.page.addScriptTag({"url": "/static/vendor/socket.io.min.js"})
    await one.page.evaluate(CONNECT, studio.owner.token)
    await one.until("heard[0]?.type", "ready")
    assert f"team:{studio.owner.team_id}" in await one.look("Object.keys(heard[0].rooms)")
    await one.until("transports.join()", "polling,websocket")

    log = (await studio.owner.get(f"/api/projects/{studio.project['id']}/events?after=0")).json
    joined = await one.page.evaluate("room => socket.emitWithAck('join', {room, after: 0})", room)
    assert joined == log
    assert [event["seq"] for event in joined["events"]] == list(range(1, joined["seq"] + 1))

    await studio.move("Logo", "review")
    await one.until(f"heard.filter(e => e.room === '{room}').length", 1)
    live = await one.look(f"heard.find(e => e.room === '{room}')")
    assert (live["seq"], live["subject"]["id"]) == (joined["seq"] + 1, studio.tasks["Logo"]["id"])
    assert live["changes"]["status"] == ["doing", "review"]
    assert live["actor"]["name"] == "Mara Lindqvist"


async def test_it_is_refused_with_the_code_of_the_contract(window: OpenWindow) -> None:
    one = await window(None, "/static/vendor/vendor.lock.json")
    await one.page.addScriptTag({"url": "/static/vendor/socket.io.min.js"})
    asked = "new Promise(done => io(location.origin, {auth: {token: 'nonsense'}}).on('connect_error', done))"
    assert await one.look(f"{asked}.then(error => error.data.code)") == "token_invalid"
