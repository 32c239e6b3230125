"""The ``aws-conformance`` command: one module for each subcommand, one table of them in ``main``.

A subcommand reads arguments, calls the library and prints. It must not judge, send or decide.
"""
