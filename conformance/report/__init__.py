"""Reports: their data, built from results, and the formats they are written in.

Also what compares and verifies reports, and applies expectations. It must not send anything or
know pytest.
"""
