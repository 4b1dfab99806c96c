"""What happened, for people to read: the `event` table through the sentences of the catalogue.

`sentences.py` turns a fact into a sentence, `routes.py` and `service.py` give a project's facts, newest first.
"""
