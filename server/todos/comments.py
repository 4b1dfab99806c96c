"""Comments: said by their author, edited by them alone, and calling people by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

from models.actors import Actor
from models.errors import PermissionDenied
from models.todos import Comment, Task
from server.core.events import record
from server.core.permissions import Can
from server.core.view import Row
from server.todos.part_events import CommentCreated, CommentDeleted, CommentMentioned, CommentUpdated
from server.todos.part_schemas import CommentOut
from server.todos.people import Person, concerned, who_see


async def create(task_id: UUID, values: Row, *, by: Actor) -> Row:
    """Say something about the task; whom it calls is told."""
    task = await Task.get_visible(by, id=task_id)
    called = await mentioned(values["body"], task, by)
    ids = [p.user_id for p in called]
    comment, row = await CommentOut.add(by, task_id=task_id, author_id=by.id, mentions=ids, **values)
    comment.project_id = task.project_id
    event = CommentCreated(task_id=task_id, task_title=task.title, hearers=await concerned(task))
    await record(event, about=comment, by=by, data=row)
    await _tell_mentioned(comment, task, called, row, by)
    return row


async def change(id: UUID, values: Row, *, by: Actor) -> Row:
    """Edit one's own comment. Raises `PermissionDenied` (not_author) for somebody else's."""
    comment = await Comment.locked(by, id=id)
    if comment.author_id != by.id:
        raise PermissionDenied("Only its author may edit a comment.", code="not_author")
    task = await Task.get_visible(by, id=comment.task_id)
    comment.project_id = task.project_id
    called: list[Person] = []
    if "body" in values and values["body"] != comment.body:
        called = await mentioned(values["body"], task, by)
        values = values | {"mentions": [p.user_id for p in called]}
    had = set(comment.mentions)
    changes, row = await CommentOut.change(comment, values)
    if changes:
        event = CommentUpdated(task_id=task.id, task_title=task.title, hearers=await concerned(task))
        await record(event, about=comment, by=by, changes=changes, data=row)
    await _tell_mentioned(comment, task, [p for p in called if p.user_id not in had], row, by)
    return row


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove one's own comment; who manages projects may remove anybody's."""
    comment = await Comment.locked(by, id=id)
    if comment.author_id != by.id and not by.may(Can.PROJECTS_WRITE):
        raise PermissionDenied("Only its author or a manager may remove a comment.", code="not_author")
    task = await Task.get_visible(by, id=comment.task_id)
    comment.project_id = task.project_id
    event = CommentDeleted(task_id=task.id, task_title=task.title, hearers=await concerned(task))
    await record(event, about=comment, by=by)
    await comment.remove()


async def mentioned(body: str, task: Task, by: Actor) -> list[Person]:
    """Whom the text calls: of those who may see the task, in the order of their first mention."""
    if "@" not in body:
        return []
    people = await who_see(by, task.project_id)
    found: dict[UUID, int] = {}
    text = body
    # What is found is blanked out, so that “@Anna Berg” does not call Anna, too.
    for id, call in _calls(list(people.values())):
        pattern = re.compile(rf"(?<![\w@])@{call}(?!\w)", re.IGNORECASE)
        if match := pattern.search(text):
            found[id] = min(found.get(id, len(text)), match.start())
            text = pattern.sub(lambda m: " " * len(m.group()), text)
    return [people[id] for id in sorted(found, key=lambda id: found[id])]


def _calls(people: list[Person]) -> Iterator[tuple[UUID, str]]:
    """How each of them is called, longer names first; by the first name last, where only one of them has it."""
    for person in sorted(people, key=lambda p: -len(p.name)):
        for call in (rf"\[[^\]\n]*\]\({person.user_id}\)", re.escape(person.email), re.escape(person.name)):
            yield person.user_id, call
    first = {p.user_id: p.name.split()[0].casefold() for p in people if p.name.split()}
    for id, name in first.items():
        if list(first.values()).count(name) == 1:
            yield id, re.escape(name)


async def _tell_mentioned(comment: Comment, task: Task, called: list[Person], row: Row, by: Actor) -> None:
    if called:
        event = CommentMentioned(
            task_id=task.id,
            task_title=task.title,
            member_ids=[p.member_id for p in called],
            user_ids=[p.user_id for p in called],
            names=[p.name for p in called],
        )
        await record(event, about=comment, by=by, data=row)
