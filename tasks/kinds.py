"""Every kind of job and every schedule: importing this declares them."""

from tasks import auth, contracts, imports, leads, proposals, reminders, retention, teams
from tasks.outbound import mail
from tasks.paper import jobs as paper

__all__ = ["auth", "contracts", "imports", "leads", "mail", "paper", "proposals", "reminders", "retention", "teams"]
