"""Saved views: a filter, a sort and columns for a list, one's own or shared with the team.

`kinds.py` the lists that there are, `check.py` whether a view fits its list, `schemas.py` the shapes, `events.py` what
is told and to whom, `service.py` and `routes.py` the rest.
"""
