"""Recordings made elsewhere: files read, operations recognised, exchanges judged.

It must not claim what a recording does not show: it says what was asked and answered, not why.
Nothing here sends.
"""
