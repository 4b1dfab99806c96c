"""Secrets we hand out: random, stored as hashes; and secrets we must read again: encrypted."""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.config import settings

KEY_ID = b"\x01"
NONCE = 12


def new_secret() -> str:
    """256 random bits, to be put into a URL or a token."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret with that much entropy: nothing to guess, nothing to salt."""
    return hashlib.sha256(secret.encode()).digest()


@lru_cache
def _key(purpose: str) -> AESGCM:
    secret = settings().secret_key.get_secret_value().encode()
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret))


def seal(purpose: str, about: bytes, text: str) -> bytes:
    """Encrypt with a key of this purpose; `about` (the row's id) is bound to it, so that it fits no other row."""
    nonce = os.urandom(NONCE)
    return KEY_ID + nonce + _key(purpose).encrypt(nonce, text.encode(), about)


def unseal(purpose: str, about: bytes, sealed: bytes) -> str | None:
    """What was sealed; None when the key or the row is another."""
    try:
        return _key(purpose).decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], about).decode()
    except InvalidTag:
        return None
