"""Faults: servers that break one promise each, so that every check can be shown to notice one.

One module for each kind of promise, and ``table`` with all of them. They know the embedded server
and nothing of the suite.
"""
