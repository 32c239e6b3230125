"""One request through the SDK: clients, signing, limits of the SDK, back-off, rate limit.

The only room that opens connections. It must not know cases, checks or verdicts.
"""
