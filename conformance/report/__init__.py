"""From results to something that people read, share and check."""
