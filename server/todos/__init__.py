"""Tasks (their URLs are /api/tasks): made, moved over the board, made to wait for each other, talked about, finished.

`schemas.py` the shapes, `service.py` a task's own life, `rank.py` and `places.py` its place on the board,
`people.py` who may be asked to do it, `blocking.py` and `dependencies.py` what waits for what, `bulk.py` many at once,
`comments.py`, `checklist.py` and `time.py` what hangs on it, `routes.py` and `parts.py` the endpoints, `events.py` what
is told.
"""
