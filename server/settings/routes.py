"""All settings: importing this declares them."""

from server.settings import account, business, fields, logo

__all__ = ["account", "business", "fields", "logo"]
