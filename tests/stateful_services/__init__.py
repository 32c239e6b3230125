"""A correct server with a memory, for tests of what lies between calls.

Eight kinds of things over all wire protocols. Plain it does the simplest thing that is right; as a
dialect it does what AWS does as well, as a fault it breaks one promise.
"""
