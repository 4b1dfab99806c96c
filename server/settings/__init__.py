"""Settings: the caller's own account (account.py), the team's business data, custom fields."""
