"""Secrets at rest: sealed with a key made from SECRET_KEY, opened only for the purpose they were sealed for."""

from __future__ import annotations

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.config import settings

NONCE = 12


class SealBroken(Exception):
    """The text was changed, sealed for another purpose, or sealed under another SECRET_KEY."""


@lru_cache(maxsize=4)
def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"mediaflow seal").derive(secret.encode()))


def seal(purpose: str, content: bytes) -> str:
    """Text that only `unseal` with the same purpose turns back into `content`."""
    nonce = os.urandom(NONCE)
    closed = _cipher(settings().secret_key.get_secret_value()).encrypt(nonce, content, purpose.encode())
    return base64.urlsafe_b64encode(nonce + closed).decode()


def unseal(purpose: str, text: str) -> bytes:
    """What was sealed. Raises `SealBroken`."""
    try:
        raw = base64.urlsafe_b64decode(text)
        cipher = _cipher(settings().secret_key.get_secret_value())
        return cipher.decrypt(raw[:NONCE], raw[NONCE:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(purpose) from error
