"""What is asked of one target: availability, discovery, the executor, exploration, provisioning.

Carries out plans and hands the evidence to the checks. It must not know pytest, reports or files
of recordings.
"""
