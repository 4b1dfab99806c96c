"""All settings: importing this declares them."""

from server.settings import account, fields

__all__ = ["account", "fields"]
