"""From evidence to findings: every check, and the table of them (``table``).

A check is a pure function of a case's exchanges. It must not send, draw, or know pytest.
"""
