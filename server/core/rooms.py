"""The one file that makes room names, and the audiences that an event may address."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID


class Audience(StrEnum):
    """Who hears an event live. Rooms follow permission boundaries, so that nothing is filtered per event."""

    TEAM = "team"  # every member: only what every member may read
    PROJECT = "project"  # the people on the record's project
    PROJECTS = "projects"  # who may read all projects of the team
    CONTACTS = "contacts"  # who may read all contacts; likewise the other kinds
    COMPANIES = "companies"
    CONSULTANTS = "consultants"
    CONTRACTS = "contracts"
    LEADS = "leads"
    PROPOSALS = "proposals"
    PROPOSAL = "proposal"  # the team's side of one proposal
    LINKS = "links"  # the holders of the links that the event names, who get what is public of it
    RECORD = "record"  # who may read all of the kind of record that it hangs on
    SUBJECT = "subject"  # the membership that the event is about: what concerns that person alone
    MEMBERS = "members"  # the memberships that the event names


# The audiences whose rooms are named as they are, one for the team (`contacts:{team}`).
KINDS = frozenset(
    {
        Audience.COMPANIES,
        Audience.CONSULTANTS,
        Audience.CONTACTS,
        Audience.CONTRACTS,
        Audience.LEADS,
        Audience.PROPOSALS,
    }
)


def team_room(team_id: UUID) -> str:
    return f"team:{team_id}"


def member_room(member_id: UUID) -> str:
    return f"member:{member_id}"


def project_room(project_id: UUID) -> str:
    return f"project:{project_id}"


def proposal_room(proposal_id: UUID) -> str:
    return f"proposal:{proposal_id}"


def kind_room(kind: str, team_id: UUID) -> str:
    """The room of all records of a kind (`projects`, `leads`, …), for those who may read all of that kind."""
    return f"{kind}:{team_id}"


def is_shared(room: str) -> bool:
    """Whether several members may be in the room; one person's or one link's own room is ended by its name."""
    return not room.startswith(("member:", "portal:"))


def is_inside(room: str) -> bool:
    """Whether only people of the team can be in the room, and no visitor."""
    return not room.startswith("portal:")


def portal_room(link_id: UUID) -> str:
    return f"portal:{link_id}"
