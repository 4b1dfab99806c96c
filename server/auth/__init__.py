"""Signing in and staying signed in: accounts, passwords, second factor, sessions, tokens."""
