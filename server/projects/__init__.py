"""Projects: made, staffed, given milestones, archived, removed.

`schemas.py` the shapes, `columns.py` the rules of a board's columns, `people.py` who is on a project, `service.py`
the project's own life, `routes.py` its endpoints, `board.py` its tasks by column, `milestones.py` its milestones,
`duplicate.py` a new project from an old one, `events.py` what is told. What its tasks do is in `server/todos`.
"""
