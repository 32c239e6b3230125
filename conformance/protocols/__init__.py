"""Wire formats: HTTP messages, bytes to members and back, error envelopes.

One module for each protocol and one table of them (``table``); ``base`` is what each offers.
It must not send, judge, or know cases, nor where an operation is described.
"""
