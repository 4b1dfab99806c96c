"""A time-stamp authority on this machine, which can be switched off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from asn1crypto import keys, tsp, x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from server.paper.certificates import Material


class Authority:
    """`url` is where it answers while it is `up`; `asked` counts."""

    def __init__(self) -> None:
        self.url, self.up, self.asked = "", True, 0


def asn1(material: Material) -> x509.Certificate:
    return x509.Certificate.load(material.certificate.public_bytes(Encoding.DER))


@asynccontextmanager
async def answering(material: Material) -> AsyncIterator[Authority]:
    clock = DummyTimeStamper(asn1(material), keys.PrivateKeyInfo.load(material.key))
    authority = Authority()

    async def stamp(request: web.Request) -> web.Response:
        authority.asked += 1
        if not authority.up:
            return web.Response(status=503)
        answer = await clock.async_request_tsa_response(tsp.TimeStampReq.load(await request.read()))
        return web.Response(body=answer.dump(), content_type="application/timestamp-reply")

    app = web.Application()
    app.router.add_post("/", stamp)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    authority.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield authority
    await runner.cleanup()
