"""Secrets we hand out: random, and stored as hashes only."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits, to be put into a URL or a token."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret with that much entropy: nothing to guess, nothing to salt.

    A secret that comes from a header may hold bytes that are no text; such a one is wrong, not a fault.
    """
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
