"""The client's whole rule, against a server by script that loses, doubles and delays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import OpenWindow

SERVER = Path(__file__).with_name("scripted_server.js")
SETUP = """
  const {Live} = await import("/static/mediaflow.js");
  const server = scriptedServer();
  const session = Object.assign(new EventTarget(), {token: async () => "t", renew: async () => "t"});
  const live = new Live(session, {io: server.io});
  const seen = [], loads = [], states = [], ended = [];
  live.addEventListener("state", () => states.push(live.state));
  let at = {epoch: "e", seq: 4};
  const load = async () => (loads.push(at.seq), at);
  live.follow("project:1", {load, apply: e => seen.push(e.seq), closed: c => ended.push(c)});
  const events = (...seqs) => seqs.map(seq => ({room: "project:1", seq, type: "task.updated"}));
  const joined = (seq, ...seqs) => ({ok: true, epoch: at.epoch, seq, events: events(...seqs), reset: false});
  await server.settle(); await server.open();
"""
JOINED_AT_4 = {"type": "join", "room": "project:1", "after": 4, "epoch": "e"}


async def play(window: OpenWindow, script: str) -> Any:
    one = await window(None, "/static/vendor/vendor.lock.json")
    server = SERVER.read_text().replace("export function", "function")
    return json.loads(await one.page.evaluate(f"async () => {{ {server}; {SETUP}; {script} }}"))


async def test_it_joins_from_its_snapshot_and_replays(window: OpenWindow) -> None:
    told = await play(
        window,
        """const asked = await server.answer(joined(6, 5, 6));
        server.fact(7);
        return JSON.stringify({asked, seen, loads, states});""",
    )
    assert told == {"asked": JOINED_AT_4, "seen": [5, 6, 7], "loads": [4], "states": ["catching-up", "live"]}


async def test_it_drops_what_it_has_and_asks_for_what_it_missed(window: OpenWindow) -> None:
    told = await play(
        window,
        """await server.answer(joined(4));
        server.fact(5); server.fact(5); server.fact(3);
        server.fact(8);
        await server.settle();
        const asked = await server.answer(joined(8, 6, 7, 8));
        server.fact(9);
        return JSON.stringify({asked, seen});""",
    )
    assert told == {"asked": JOINED_AT_4 | {"after": 5}, "seen": [5, 6, 7, 8, 9]}


async def test_events_that_overtake_the_answer_to_a_join_are_kept(window: OpenWindow) -> None:
    told = await play(
        window,
        """server.fact(6); server.fact(7);
        await server.answer(joined(6, 5, 6));
        return JSON.stringify({seen});""",
    )
    assert told == {"seen": [5, 6, 7]}


async def test_after_a_cut_it_goes_on_from_where_it_was(window: OpenWindow) -> None:
    told = await play(
        window,
        """await server.answer(joined(4));
        server.fact(5);
        await server.cut(); await server.open();
        const asked = await server.answer(joined(7, 6, 7));
        return JSON.stringify({asked, seen, loads, states});""",
    )
    assert told["asked"] == JOINED_AT_4 | {"after": 5}
    assert (told["seen"], told["loads"]) == ([5, 6, 7], [4])
    assert told["states"] == ["catching-up", "live", "offline", "catching-up", "live"]


async def test_a_gap_that_the_log_cannot_bridge_starts_from_a_new_snapshot(window: OpenWindow) -> None:
    told = await play(
        window,
        """at = {epoch: "f", seq: 40};
        await server.answer({ok: true, reset: true, events: []});
        await new Promise(done => setTimeout(done, 600));
        const asked = await server.answer(joined(41, 41));
        return JSON.stringify({asked, seen, loads});""",
    )
    assert told == {"asked": JOINED_AT_4 | {"after": 40, "epoch": "f"}, "seen": [41], "loads": [4, 40]}


@pytest.mark.parametrize("when", ["while it is live", "while it joins"])
async def test_a_reset_by_the_server_counts(window: OpenWindow, when: str) -> None:
    reset = """at = {epoch: "f", seq: 1}; server.say("room.reset", {room: "project:1", code: "log_replaced"});"""
    answered = "await server.answer(joined(4));"
    first = answered + reset if when == "while it is live" else reset + "server.fact(5);" + answered
    told = await play(
        window,
        first
        + """await new Promise(done => setTimeout(done, 600));
        const asked = await server.answer(joined(2, 2));
        return JSON.stringify({asked, seen, loads, state: live.state});""",
    )
    assert told["asked"] == JOINED_AT_4 | {"after": 1, "epoch": "f"}
    assert told == {"asked": told["asked"], "seen": [2], "loads": [4, 1], "state": "live"}


async def test_a_right_that_is_taken_away_ends_the_room(window: OpenWindow) -> None:
    told = await play(
        window,
        """await server.answer(joined(4));
        server.say("room.closed", {room: "project:1", seq: 5, code: "removed"});
        server.fact(6);
        return JSON.stringify({seen, ended, asked: server.asked});""",
    )
    assert told == {"seen": [], "ended": ["removed"], "asked": []}


async def test_a_refused_join_ends_the_room(window: OpenWindow) -> None:
    told = await play(
        window,
        """await server.answer({ok: false, code: "not_found"});
        return JSON.stringify({ended, asked: server.asked, state: live.state});""",
    )
    assert told == {"ended": ["not_found"], "asked": [], "state": "live"}
