"""From results to something that people read, share and check: report data and its formats.

Also what compares, expects and verifies reports. It must not send anything or know pytest.
"""
