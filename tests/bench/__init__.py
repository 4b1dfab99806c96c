"""Benchmarks: `make bench`. Never part of the tests: a time on a shared machine proves nothing by itself."""
