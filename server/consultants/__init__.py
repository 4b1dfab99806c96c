"""Consultants: whom the team can engage, with what they know, cost, and when they can work.

`schemas.py` the shapes, `events.py` what is told, `service.py` a consultant and the contact behind them, `routes.py`
the endpoints.
"""
