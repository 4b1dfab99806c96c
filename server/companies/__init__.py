"""Companies: the firms that a team's contacts work for; one may be part of another.

`schemas.py` the shapes, `events.py` what is told, `service.py` what is more than schema and team, `routes.py` the
endpoints. Whom there is at a company is in `server/contacts`.
"""
