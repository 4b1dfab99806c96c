"""Documents on paper: what is printed, signed and proved.

engine.py        where the browser engine is that makes PDFs, and what to do without one
fonts.py         the bundled type, as a page or a printed document takes it
markdown.py      what strangers wrote, as HTML that can only be text
reader.py        numbers, money and dates as somebody reads them; `words.py` is what we say ourselves
proposal.py      a proposal's document as HTML
orders.py        asking for paper, which a worker makes (`tasks/paper/`)
certificates.py  what seals a team's documents
pkcs12.py        the file in which a team brings its own, opened in a process of its own
chain.py         what happened to a document, each link with the hash of the one before
verify.py        is this PDF genuine? also a command
"""
