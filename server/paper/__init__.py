"""Documents on paper: what is printed, signed and proved.

engine.py      where the browser engine is that makes PDFs, and what to do without one
fonts.py       the bundled type, as a page or a printed document takes it
"""
