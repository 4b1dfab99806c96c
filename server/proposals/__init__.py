"""Proposals: written, sent as frozen versions, read live, commented, signed or declined, and turned into a project.

`schemas.py` and `item_schemas.py` are what the team writes, `sent_schemas.py` what it sees of what was sent, and
`public_schemas.py` what a recipient sees. `service.py` is a draft's life, `items.py` its lines, `totals.py` what they
come to, `document.py` what is frozen, hashed, signed and printed. `sending.py` sends, revises, withdraws; `versions.py`
reads, compares, restores what was sent; `links.py` says who comes with a link; `choices.py`, `reading.py`,
`comments.py`, `signing.py` are what recipients do; `conversion.py` is what follows a yes. `events.py` is what is told,
`numbers.py` what it adds up to. What the clock does with proposals is in `tasks/proposals.py`.
"""
