"""Data to begin with: a small agency at work (`demo`), or much of the same (`bench`): `python -m server.seed demo`."""

OWNER_EMAIL = "anna@studio.example"
DEMO_PASSWORD = "mediaflow-demo"
