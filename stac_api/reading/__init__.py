"""Searches of our own over pgSTAC's tables, with the answers of pgSTAC's own functions.

pgSTAC's ``search()`` spends nearly all of its time in PL/pgSQL: hydrating and formatting Items one by one. The same
rows read by plain SQL and put together here cost a small part of it. What this path does not cover is asked of
``search()`` as before. See docs/decisions/0016-a-read-path-of-our-own.md.
"""
