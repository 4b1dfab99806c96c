"""Background jobs as people see them; `server/core/jobs.py` asks for them, `tasks/` does them.

queued → running → done, or dead after its last attempt, or cancelled. `routes.py` shows, cancels and retries,
`service.py` makes those moves, `events.py` logs the end, `schemas.py` is the shape.
"""
