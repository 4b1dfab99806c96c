"""What every kind of record with an owner has in common: its life, its feed, and what hangs on it.

`kinds.py` says what there is of each kind, `life.py` makes, changes and removes records of any kind, `hearers.py` who
hears of one in their own room; `merge.py` makes one of two; `tags.py`, `notes.py` and `activities.py` hang on any
record, `feed.py` reads what happened with it, `attach.py` gives a kind its endpoints for all of these. `routes.py` are
those without a kind.
"""
