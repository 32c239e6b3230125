"""What follows from a specification alone: clauses, cases, Hypothesis strategies.

The same operation always yields the same ids. It must not know any target, or what one answered.
"""
