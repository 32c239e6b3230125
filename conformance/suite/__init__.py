"""The parametrized tests that judge a target."""
