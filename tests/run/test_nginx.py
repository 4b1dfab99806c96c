"""The nginx configuration, loaded and run by nginx: two web processes behind one address."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from server.config import Settings
from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Client
from tests.helpers.ports import free_ports
from tests.helpers.processes import Process, until
from tests.run.house import ROOT

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed (apt-get install nginx)")

SITE = (ROOT / "deploy/nginx.conf").read_text()
# What the machine's own nginx.conf has around the sites; the log tells which process answered whom.
AROUND = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    log_format who "$http_user_agent $upstream_addr";
    access_log {folder}/access.log who;
    {temp}
    include {folder}/site.conf;
}}
"""
TEMP = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
BROWSERS = [f"Browser/{n}" for n in range(64)]


def unsafe(**options: Any) -> aiohttp.TCPConnector:
    """A way to nginx that takes its self-signed certificate."""
    return aiohttp.TCPConnector(ssl=False, **options)


class Front:
    """A running nginx with its two web processes."""

    def __init__(self, folder: Path, first_port: int, webs: list[Process]) -> None:
        self.folder, self.webs = folder, webs
        self.http, self.url = f"http://127.0.0.1:{first_port}", f"https://127.0.0.1:{first_port + 1}"
        self.places = [f"127.0.0.1:{first_port + 2}", f"127.0.0.1:{first_port + 3}"]

    def answered(self) -> dict[str, set[str]]:
        """Who was answered by which process, by the names that the browsers give themselves."""
        found: dict[str, set[str]] = defaultdict(set)
        for line in (self.folder / "access.log").read_text().splitlines():
            browser, _, place = line.partition(" ")
            found[browser].add(place)
        return found


def site(folder: Path, first_port: int) -> str:
    """The file as deployed, but for what it tells one to set: name, certificate, ports."""
    made = SITE
    for old, new in {
        "listen 80;": f"listen 127.0.0.1:{first_port};",
        "listen 443 ssl": f"listen 127.0.0.1:{first_port + 1} ssl",
        "127.0.0.1:8000": f"127.0.0.1:{first_port + 2}",
        "127.0.0.1:8001": f"127.0.0.1:{first_port + 3}",
        "/etc/ssl/certs/app.example.com.pem": str(folder / "cert.pem"),
        "/etc/ssl/private/app.example.com.key": str(folder / "cert.key"),
    }.items():
        assert made.count(old) == 1, old
        made = made.replace(old, new)
    return made


def prepare(folder: Path, first_port: int) -> list[str]:
    """Write the configuration and a certificate; gives nginx's command."""
    user = "user root;" if os.geteuid() == 0 else ""
    temp = " ".join(f"{name}_temp_path {folder}/{name};" for name in TEMP)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user, temp=temp))
    (folder / "site.conf").write_text(site(folder, first_port))
    made = f"-keyout {folder}/cert.key -out {folder}/cert.pem"
    request = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=app.example.com"
    subprocess.run(f"{request} {made}".split(), check=True, capture_output=True)
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def loaded(command: list[str]) -> list[str]:
    """What `nginx -t` complains of."""
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    return [line for line in tried.stderr.splitlines() if "syntax is ok" not in line and "is successful" not in line]


@pytest.fixture(scope="module")
async def front(config: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    folder, first_port = tmp_path_factory.mktemp("nginx"), free_ports(4)
    command = prepare(folder, first_port)
    assert loaded(command) == []
    given = {"TRUSTED_PROXIES": "127.0.0.1", "RATE_LIMITS": "off", "VAR_DIR": str(config.var_dir)}
    webs = [
        await Process.start("server", config, folder / f"web{n}.log", PORT=str(first_port + 2 + n), **given)
        for n in range(2)
    ]
    nginx = await asyncio.create_subprocess_exec(*command, stderr=(folder / "error.log").open("wb"))
    made = Front(folder, first_port, webs)
    try:
        async with aiohttp.ClientSession(connector=unsafe()) as session:
            for address in (f"http://{place}" for place in made.places):
                await until(lambda address=address: _answers(session, address))
            await until(lambda: _answers(session, made.url))
        yield made
    finally:
        nginx.terminate()
        await nginx.wait()
        for web in webs:
            await web.stop()


async def _answers(session: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with session.get(f"{address}/api/health") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


class Listener:
    """An official client in its team's room, under a browser's name; it only ever polls unless told otherwise."""

    def __init__(self, front: Front, browser: str, token: str, transport: str = "polling") -> None:
        self.front, self.browser, self.token, self.transport = front, browser, token, transport
        self.heard: list[str] = []
        self.greetings = 0

    async def __aenter__(self) -> Listener:
        # A name for the whole session: given to `connect` alone, the client would forget it after its first request.
        self.http = aiohttp.ClientSession(connector=unsafe(), headers={"User-Agent": self.browser})
        self.client = socketio.AsyncClient(http_session=self.http, reconnection_delay=1, reconnection_delay_max=1)
        self.client.on("ready", self._ready)
        self.client.on("team.updated", lambda event: self.heard.append(event["data"]["name"]))
        await self.client.connect(
            self.front.url, auth={"token": self.token}, transports=[self.transport], wait_timeout=30
        )
        await until(self.greeted)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.disconnect()
        await self.http.close()

    def _ready(self, greeting: Any) -> None:
        self.greetings += 1

    async def greeted(self) -> bool:
        return self.greetings > 0

    async def hears(self, *names: str) -> None:
        async def all_of_them() -> bool:
            return self.heard[-len(names) :] == list(names)

        await until(all_of_them)


@pytest.fixture
async def through(front: Front) -> AsyncIterator[Client]:
    """Somebody who speaks to nginx, from an address that is no proxy's."""
    async with aiohttp.ClientSession(connector=unsafe(local_addr=("127.0.0.2", 0))) as session:
        yield Client(session, front.url)


async def rename(through: Client, owner: Person, *names: str) -> None:
    for name in names:
        answer = await through.holding(owner.token).patch(f"/api/teams/{owner.team_id}", {"name": name})
        assert answer == 200, answer


async def test_plain_http_is_sent_to_the_safe_address(front: Front):
    async with aiohttp.ClientSession() as session:
        headers = {"Host": "app.example.com"}
        async with session.get(f"{front.http}/projects?a=b", headers=headers, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (301, "https://app.example.com/projects?a=b")


async def test_the_address_that_is_limited_and_listed_is_the_clients(through: Client, make: Make):
    owner = await make.owner()
    body, forged = {"email": owner.user["email"], "password": PASSWORD}, {"X-Forwarded-For": "192.0.2.7"}
    signed_in = await through.post("/api/auth/login", body, headers=forged)
    assert signed_in == 200, signed_in
    listed = (await through.holding(signed_in.json["access_token"]).get("/api/auth/sessions")).json["items"]
    assert [one["address"] for one in listed if one["current"]] == ["127.0.0.2"]


async def test_the_world_gets_no_metrics(front: Front, through: Client):
    async with through.session.get(f"{front.url}/metrics") as answer:
        assert answer.status == 403


async def test_a_socket_is_upgraded(front: Front, through: Client, make: Make):
    owner = await make.owner()
    async with Listener(front, "Upgraded/1", owner.token, "websocket") as listener:
        await rename(through, owner, "over a websocket")
        await listener.hears("over a websocket")
        assert listener.client.transport() == "websocket"


async def four_of_each(front: Front) -> list[str]:
    """Names of eight browsers, whom nginx sends to both processes: who goes where depends on the ports."""
    async with aiohttp.ClientSession(connector=unsafe()) as session:
        for name in BROWSERS:
            async with session.get(f"{front.url}/api/health", headers={"User-Agent": name}) as answer:
                assert answer.status == 200

    async def logged() -> bool:
        return front.answered().keys() >= set(BROWSERS)

    await until(logged)
    found = front.answered()
    each = [[name for name in BROWSERS if found[name] == {place}][:4] for place in front.places]
    assert [len(names) for names in each] == [4, 4], found
    return [*each[0], *each[1]]


async def test_who_polls_stays_on_their_process_and_moves_only_when_it_dies(front: Front, through: Client, make: Make):
    owner, names = await make.owner(), await four_of_each(front)
    async with AsyncExitStack() as stack:
        listeners = [await stack.enter_async_context(Listener(front, name, owner.token)) for name in names]
        for n in range(5):
            await rename(through, owner, f"name {n}")
        await asyncio.gather(*(one.hears(*(f"name {n}" for n in range(5))) for one in listeners))
        places = {one.browser: front.answered()[one.browser] for one in listeners}
        assert {len(found) for found in places.values()} == {1}, places
        assert set().union(*places.values()) == set(front.places)
        assert {(one.greetings, one.client.transport()) for one in listeners} == {(1, "polling")}

        await front.webs[0].kill()
        moved = [one for one in listeners if places[one.browser] == {front.places[0]}]

        async def back() -> bool:
            return all(one.greetings == 2 for one in moved)

        await until(back)
        await rename(through, owner, "still here")
        await asyncio.gather(*(one.hears("still here") for one in listeners))
        assert {one.greetings for one in listeners if one not in moved} == {1}
