"""Certificates as an authority hands them out: a PKCS#12 file."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from models.clock import now


@cache
def pkcs12(
    *, name: str = "Studio North GmbH", passphrase: str = "sesame", days: int = 30, curve: bool = False
) -> bytes:
    """One of the name's own making, good until in so many days; with `curve` its key is no RSA key."""
    key = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, 2048)
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
