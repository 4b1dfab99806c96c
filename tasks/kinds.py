"""Every kind of job and every schedule: importing this declares them."""

from tasks import auth, contracts, leads, reminders, retention
from tasks.outbound import mail

__all__ = ["auth", "contracts", "leads", "mail", "reminders", "retention"]
