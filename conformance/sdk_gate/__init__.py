"""A gate for upgrades of the SDK: what two versions send for the same calls, and read of the same.

It compares SDKs, never a target: no request leaves this machine. It knows nothing of clauses,
cases or checks.
"""
