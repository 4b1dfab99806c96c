"""How the house is: alive, ready, measured, documented.

routes.py     the endpoints
checks.py     what `/api/ready` looks at, each bounded in time
numbers.py    `/metrics`: the processes' own, and what one query of the database tells
documents.py  the two documents as cached bytes
reference.py  what the reference's pages show
"""
