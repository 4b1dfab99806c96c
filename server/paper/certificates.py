"""The certificates that seal a team's documents: its own, or one that is made for it when the first is sealed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.paper import SigningCertificate
from server.core.seal import seal, unseal
from server.core.view import Row

PURPOSE = "signing certificate"
MADE_FOR = timedelta(days=3650)
KEY_BITS = 3072
LONGEST_NAME = 64  # X.520
CURRENT = "SELECT chain, sealed_key FROM signing_certificate WHERE team_id = $1 AND retired_at IS NULL"
RETIRE = """
UPDATE signing_certificate SET retired_at = $2, version = version + 1 WHERE team_id = $1 AND retired_at IS NULL
"""
AGAIN = """
UPDATE signing_certificate SET retired_at = NULL, version = version + 1
WHERE team_id = $1 AND fingerprint = $2 RETURNING *
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('signing_certificate' || $1::text, 0))"


@dataclass(frozen=True, slots=True)
class Material:
    """A certificate, those above it, and its key."""

    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]
    key: bytes  # PKCS#8, DER

    @property
    def chain(self) -> str:
        return "".join(c.public_bytes(Encoding.PEM).decode() for c in (self.certificate, *self.above))


def fingerprint(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def made(name: str) -> Material:
    """A certificate of the name's own making: it proves that nothing was changed, and not who the firm is."""
    key = rsa.generate_private_key(65537, KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:LONGEST_NAME] or "-")])
    begins = now().replace(microsecond=0) - timedelta(minutes=5)
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + MADE_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return Material(built, (), key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


async def current(by: Actor, name: str) -> Material:
    """What seals the team's documents now; made on first use. Needs a unit of work that may write."""
    await connection().execute(LOCK, str(by.team_id))
    found = await connection().fetchrow(CURRENT, by.team_id)
    if found is not None and (material := _opened(found)).certificate.not_valid_after_utc > now():
        return material
    fresh = made(name)
    await install(fresh, own=False, by=by)
    return fresh


async def install(material: Material, *, own: bool, by: Actor) -> SigningCertificate:
    """From now on this one seals; the one before is kept, so that its documents are still known as the team's."""
    await connection().execute(LOCK, str(by.team_id))
    await connection().execute(RETIRE, by.team_id, now())
    mark = fingerprint(material.certificate)
    if row := await connection().fetchrow(AGAIN, by.team_id, mark):
        return SigningCertificate._from_row(row)
    return await SigningCertificate.add(
        by,
        fingerprint=mark,
        chain=material.chain,
        sealed_key=seal(PURPOSE, material.key),
        own=own,
    )


async def known(team_id: UUID) -> str:
    """Every certificate that ever sealed a document of the team, as PEM."""
    rows = await connection().fetch("SELECT chain FROM signing_certificate WHERE team_id = $1", team_id)
    return "".join(row["chain"] for row in rows)


def _opened(found: Row) -> Material:
    return of_chain(found["chain"], unseal(PURPOSE, found["sealed_key"]))


def of_chain(chain: str, key: bytes) -> Material:
    """The certificates (PEM), the one that seals first, with its key."""
    certificate, *above = x509.load_pem_x509_certificates(chain.encode())
    return Material(certificate, tuple(above), key)
