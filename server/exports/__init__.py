"""Exports: the list that a caller sees, whole, as CSV, XLSX or vCard.

`table.py` reads the rows, `writers.py` and `cards.py` write the formats, `routes.py` are the endpoints; how a route
takes a list's filters with a format is in `server/core/exports.py`.
"""
