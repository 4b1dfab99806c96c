"""Exports: the list that a caller sees, whole, as CSV, XLSX or vCard.

`table.py` reads the rows, `cards.py` writes vCards, `routes.py` are the endpoints; `server/core` has how a route
takes a list's filters with a format (`exports.py`), writes CSV and XLSX (`tables.py`), and makes formulas harmless
(`formulas.py`).
"""
