"""One search over every kind of record.

The index is the table `search_entry`, which triggers keep (`mediaflow_findable` in a kind's migration); `kinds.py` says
of each kind who may find it, `find.py` asks the index and shows only what the caller may see, `snippets.py` cuts the
text around what was found, `alike.py` finds contacts that may be one and the same.
"""
