"""Recording and replay: cassettes in vcrpy's format, provenance, redaction, the scan for secrets.

Everything stored has passed redaction and scan; a replay uses no network. It must not judge,
except that ``external`` passes other people's recordings to the checks.
"""
