"""Recording and replay: cassettes in vcrpy's format, provenance, redaction, the scan for secrets.

What is stored has passed redaction and scan; what is replayed touches no network. It must not
judge, except that ``external`` hands what others recorded to the checks.
"""
