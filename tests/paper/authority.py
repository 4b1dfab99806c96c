"""A time-stamp authority on this machine, which can be switched off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from aiohttp import web
from asn1crypto import keys, tsp, x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import CertificateBuilder, ExtendedKeyUsage, Name, NameAttribute, random_serial_number
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from models.clock import now
from server.paper.certificates import Material


class Authority:
    """`url` is where it answers while it is `up`; `asked` counts."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.url, self.up, self.asked = "", True, 0


def asn1(material: Material) -> x509.Certificate:
    return x509.Certificate.load(material.certificate.public_bytes(Encoding.DER))


def made(name: str = "The clock") -> Material:
    """A certificate that says of itself that it stamps times."""
    key = rsa.generate_private_key(65537, 2048)
    subject = Name([NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=30))
        .add_extension(ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, SHA256())
    )
    return Material(built, (), key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


@asynccontextmanager
async def answering() -> AsyncIterator[Authority]:
    authority = Authority(made())
    clock = DummyTimeStamper(asn1(authority.material), keys.PrivateKeyInfo.load(authority.material.key))

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
