"""One run of the suite: options, settings, the run itself, pytest's hooks, progress.

The only room that knows pytest, beside the command that starts it. It must not judge.
"""
