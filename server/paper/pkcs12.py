"""A PKCS#12 file that somebody sends, opened in a process of its own: how often its passphrase is hashed is the file's
choice, and could hold up a web process for hours. Standard input and output are JSON."""

from __future__ import annotations

import base64
import json
import resource
import sys
from datetime import UTC, datetime
from typing import Any, TypeGuard

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

SECONDS, BYTES = 3, 1 << 30
KEY_BITS, CURVE_BITS = 2048, 256
NOT_OPENED = ("not_opened", "This is no PKCS#12 file, or the passphrase is another one.")
TOO_COSTLY = ("too_costly", "It takes too long to open this file: export it anew, its passphrase hashed less often.")
NOT_ALLOWED = (
    "not_allowed",
    f"It needs a certificate with an RSA key of at least {KEY_BITS} bits, or one on a curve of at least {CURVE_BITS}.",
)


def opened(raw: bytes, passphrase: str) -> dict[str, Any]:
    """The `chain` (PEM) and `key` (PKCS#8) of the file, or what is `wrong` with it: a code and a sentence."""
    try:
        key, certificate, above = pkcs12.load_key_and_certificates(raw, passphrase.encode())
    except ValueError:
        return {"wrong": NOT_OPENED}
    if certificate is None or not (_seals(key) and key.public_key() == certificate.public_key()):
        return {"wrong": NOT_ALLOWED}
    if not certificate.not_valid_before_utc <= datetime.now(UTC) < certificate.not_valid_after_utc:
        return {"wrong": ("certificate_expired", "The certificate is not valid today.")}
    chain = "".join(c.public_bytes(Encoding.PEM).decode() for c in (certificate, *above))
    secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return {"chain": chain, "key": base64.b64encode(secret).decode()}


def _seals(key: Any) -> TypeGuard[rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey]:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.key_size >= KEY_BITS
    return isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size >= CURVE_BITS


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    given = json.load(sys.stdin)
    json.dump(opened(base64.b64decode(given["file"]), given["passphrase"]), sys.stdout)


if __name__ == "__main__":
    main()
