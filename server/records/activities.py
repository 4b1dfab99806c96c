"""Activities that people log by hand: calls, meetings, e-mails."""

from __future__ import annotations

from models.actors import Actor
from models.clock import now
from server.core.events import record
from server.core.view import Row
from server.records.events import ActivityLogged
from server.records.hearers import hearers
from server.records.kinds import named
from server.records.life import followed
from server.records.schemas import LoggedOut


async def log(values: Row, *, by: Actor) -> Row:
    """Log what was done about a record, which may change it: a lead was last contacted then."""
    subject = values.pop("subject")
    kind, about = await named(subject["kind"], subject["id"], by)
    values["at"] = values["at"] or now()
    made, row = await LoggedOut.add(by, subject_kind=about.noun, subject_id=about.id, author_id=by.id, **values)
    made.kinds = about.kinds
    fact = ActivityLogged(
        record_id=about.id, record_name=await about.label(), kind=made.kind, hearers=await hearers(about, by)
    )
    await record(fact, about=made, by=by, data=row)
    await followed(kind, about.id, made, by=by)
    return row
