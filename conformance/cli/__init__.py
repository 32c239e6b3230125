"""The ``aws-conformance`` command: one module for each subcommand, one table of them (``main``).

It must not do what a library call could not do: it reads arguments, calls, and prints.
"""
