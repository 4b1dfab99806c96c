"""Certificates as an authority hands them out: a PKCS#12 file, and how a team brings it."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

import aiohttp
from asn1crypto import tsp  # noqa: F401 - names that it adds are unknown for ever to whoever asked for one before
from asn1crypto.pkcs12 import Pfx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from models.clock import now
from tests.factories.people import Person
from tests.helpers.http import Answer

PATH = "/api/settings/signing-certificate"
CURVES = {"P-192": ec.SECP192R1(), "P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}


async def bring(person: Person, content: bytes, passphrase: str = "sesame", **more: Any) -> Answer:
    """Send it, as the form of the settings does."""
    form = aiohttp.FormData()
    form.add_field("file", content, filename="studio.p12", content_type="application/x-pkcs12")
    form.add_field("passphrase", passphrase)
    return await person.ask("POST", PATH, data=form, **more)


async def check(person: Person, pdf: bytes) -> Answer:
    """Ask whether the PDF is genuine."""
    form = aiohttp.FormData()
    form.add_field("file", pdf, filename="signed.pdf", content_type="application/pdf")
    return await person.ask("POST", "/api/proposals/verify", data=form)


@cache
def pkcs12(
    *, name: str = "Studio North GmbH", passphrase: str = "sesame", days: int = 30, key_of: str | int = 2048
) -> bytes:
    """One of the name's own making, good until in so many days; its key of so many bits, or on this curve."""
    on_curve = isinstance(key_of, str)
    key = ec.generate_private_key(CURVES[key_of]) if on_curve else rsa.generate_private_key(65537, key_of)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=60))
        .not_valid_after(now() + timedelta(days=days))
        .sign(key, SHA256())
    )
    return serialize_key_and_certificates(b"", key, built, None, BestAvailableEncryption(passphrase.encode()))


def costly(raw: bytes) -> bytes:
    """The same file, whose passphrase has to be hashed two thousand million times before it says whether it fits."""
    file = Pfx.load(raw)
    file["mac_data"]["iterations"] = 2**31 - 1
    return file.dump(force=True)
