"""Contracts: drafted, active, expired or terminated; who keeps them is reminded before one ends.

`schemas.py` the shapes, `events.py` what is told, `service.py` a contract's life, `routes.py` the endpoints, those of a
company's contracts among them. What the clock does with contracts is in `tasks/contracts.py`.
"""
