"""All settings: importing this declares them."""

from server.settings import account

__all__ = ["account"]
