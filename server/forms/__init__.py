"""Forms on web pages: what people send by them becomes a lead, live.

`schemas.py` the shapes, `events.py` what is told, `service.py` a form's life, `routes.py` the endpoints and the form's
own page, `origins.py` from where it may be sent, `answers.py` what people filled in as a lead's fields, `submission.py`
what becomes of it, `page.py` what the visitor sees. See `docs/forms.md`.
"""
