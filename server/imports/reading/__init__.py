"""Files as rows of text: what they are is seen from their bytes, whatever they are called; none is held in memory.

`source.py` opens any of them; `text.py` encodings and CSV, `sheets.py` workbooks, `cards.py` vCards.
"""
