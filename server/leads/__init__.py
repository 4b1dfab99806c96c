"""Leads: found, contacted, qualified, won or lost; a won one becomes a contact, a company, a project.

`schemas.py` the shapes, `statuses.py` the rules of status and stage, `events.py` what is told, `service.py` a lead's
life, `bulk.py` many at once, `convert.py` its end, `pipeline.py` the board, `routes.py` the endpoints.
"""
