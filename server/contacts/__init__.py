"""Contacts: the people that a team works for, buys from or works with.

`schemas.py` the shapes, `phones.py` numbers in E.164, `events.py` what is told, `service.py` what is more than schema
and team, `routes.py` the endpoints, `lists.py` a company's people and a contact's projects, `duplicates.py` and
`merge.py` two that are one.
"""
