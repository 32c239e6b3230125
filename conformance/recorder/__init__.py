"""Recording and replay: cassettes in vcrpy's format, provenance, redaction, leak scan.

Nothing here judges. What is stored has passed redaction and scan; what is
replayed touches no network.
"""
