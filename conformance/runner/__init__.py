"""One run of the suite: options, settings, preflight, the run itself, pytest's hooks, progress.

Beside the ``certify`` command, only this package knows pytest. It must not judge.
"""
