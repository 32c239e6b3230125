"""The suite's version: one string, read by the build and by every report."""

__version__ = "0.2.0"
