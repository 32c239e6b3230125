"""Dialects: servers that answer differently and correctly; a check that flags one is wrong.

One module for each part of an answer, and ``table`` with all of them. They know the embedded
server and nothing of the suite.
"""
