"""Permissions: one alphabetical enum of `resource:action`; a role is a set of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Can(StrEnum):
    ACTIVITIES_READ = "activities:read"
    ACTIVITIES_WRITE = "activities:write"
    BILLING_MANAGE = "billing:manage"
    BUSINESS_READ = "business:read"
    BUSINESS_WRITE = "business:write"
    COMMENTS_WRITE = "comments:write"
    COMPANIES_DELETE = "companies:delete"
    COMPANIES_READ = "companies:read"
    COMPANIES_WRITE = "companies:write"
    CONSULTANTS_DELETE = "consultants:delete"
    CONSULTANTS_READ = "consultants:read"
    CONSULTANTS_WRITE = "consultants:write"
    CONTACTS_DELETE = "contacts:delete"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    CONTRACTS_DELETE = "contracts:delete"
    CONTRACTS_READ = "contracts:read"
    CONTRACTS_WRITE = "contracts:write"
    CUSTOM_FIELDS_READ = "custom_fields:read"
    CUSTOM_FIELDS_WRITE = "custom_fields:write"
    FORMS_DELETE = "forms:delete"
    FORMS_READ = "forms:read"
    FORMS_WRITE = "forms:write"
    JOBS_MANAGE = "jobs:manage"
    LEADS_DELETE = "leads:delete"
    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"
    MEMBERS_INVITE = "members:invite"
    MEMBERS_MANAGE = "members:manage"
    MEMBERS_READ = "members:read"
    NOTES_DELETE_ALL = "notes:delete_all"
    NOTES_WRITE = "notes:write"
    PROJECTS_DELETE = "projects:delete"
    PROJECTS_READ = "projects:read"
    PROJECTS_WRITE = "projects:write"
    PROPOSALS_DELETE = "proposals:delete"
    PROPOSALS_READ = "proposals:read"
    PROPOSALS_SEND = "proposals:send"
    PROPOSALS_WRITE = "proposals:write"
    TAGS_DELETE = "tags:delete"
    TAGS_READ = "tags:read"
    TAGS_WRITE = "tags:write"
    TASKS_DELETE = "tasks:delete"
    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    TEAM_DELETE = "team:delete"
    TEAM_READ = "team:read"
    TEAM_TRANSFER = "team:transfer"
    TEAM_WRITE = "team:write"
    TIME_READ_ALL = "time:read_all"
    TIME_WRITE = "time:write"
    TIME_WRITE_ALL = "time:write_all"
    VIEWS_READ = "views:read"
    VIEWS_WRITE = "views:write"
    VIEWS_WRITE_ALL = "views:write_all"


OWNER_ONLY = {Can.BILLING_MANAGE, Can.TEAM_DELETE, Can.TEAM_TRANSFER}
SETTINGS = {
    Can.BUSINESS_WRITE,
    Can.CUSTOM_FIELDS_WRITE,
    Can.JOBS_MANAGE,
    Can.MEMBERS_INVITE,
    Can.MEMBERS_MANAGE,
    Can.TEAM_WRITE,
}
MEMBER = {
    Can.ACTIVITIES_READ,
    Can.ACTIVITIES_WRITE,
    Can.BUSINESS_READ,
    Can.COMMENTS_WRITE,
    Can.COMPANIES_READ,
    Can.COMPANIES_WRITE,
    Can.CONTACTS_READ,
    Can.CONTACTS_WRITE,
    Can.CUSTOM_FIELDS_READ,
    Can.FORMS_READ,
    Can.LEADS_READ,
    Can.LEADS_WRITE,
    Can.MEMBERS_READ,
    Can.NOTES_WRITE,
    Can.PROJECTS_READ,
    Can.TAGS_READ,
    Can.TAGS_WRITE,
    Can.TASKS_DELETE,
    Can.TASKS_READ,
    Can.TASKS_WRITE,
    Can.TEAM_READ,
    Can.TIME_WRITE,
    Can.VIEWS_READ,
    Can.VIEWS_WRITE,
}

ROLES: dict[str, frozenset[Can]] = {
    "owner": frozenset(Can),
    "admin": frozenset(set(Can) - OWNER_ONLY),
    "manager": frozenset(set(Can) - OWNER_ONLY - SETTINGS),
    "member": frozenset(MEMBER),
}
# Who sees only the projects they are on.
SCOPED_ROLES = frozenset({"member"})

# The kinds of records of which a team may keep scoped members to their own: `settings.access {"leads": "own"}`.
KEEPABLE = frozenset({"companies", "contacts", "leads"})


def own_only(access: Any) -> frozenset[str]:
    """The kinds of which the team's setting keeps its scoped members to their own.

    A team may have had anything under this name before it meant something.
    """
    return frozenset(kinds for kinds in KEEPABLE if isinstance(access, dict) and access.get(kinds) == "own")


class Public:
    """Marks a route that asks for no token."""


class SignedIn:
    """Marks a route that asks for a token and no permission: what it shows is the caller's own."""
