"""Imports: files of contacts, companies or leads, read as a job, tried before, and taken back whole if need be.

`fields.py` what there is to import and export of each kind; `reading/` files as rows; `mapping.py` which column is
what; `values.py` a row's cells as a record's values; `matching.py` whom a row is about; `batch.py` rows as changes;
`run.py` the whole file; `undo.py` takes it back. `service.py` what people ask for, `routes.py` where, `schemas.py` how.
"""
