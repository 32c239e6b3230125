"""Emulators side by side: run the suite on each, keep what came of it, and show it as a site."""
