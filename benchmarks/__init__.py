"""Ratio tables: how fast and how good, beside something else. `make bench`, or `make bench FULL=1`.

A benchmark is a file here with a function `measure(full: bool) -> list[Figure]`; it needs no entry anywhere else. One
that takes a row's name too can be asked for that row alone.
"""
