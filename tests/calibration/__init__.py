"""Tries the suite on servers whose faults and dialects are known by name; no part of the wheel.

The servers (``faults``, ``dialects``, ``degenerates``) are the embedded one, changed: they know
``conformance.reference`` and nothing of the suite, so that neither can confirm the other's
mistakes. ``runs`` and ``tables`` know both.
"""
