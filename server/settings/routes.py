"""All settings: importing this declares them."""

from server.settings import account, business, fields

__all__ = ["account", "business", "fields"]
