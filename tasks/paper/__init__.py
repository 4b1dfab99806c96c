"""Paper is made in the worker.

chromium.py    the browser process, watched and killed
wire.py        how we talk with it
printer.py     HTML to PDF
"""
