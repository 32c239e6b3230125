"""What is promised: operations, clauses, typed rules, and every source of them.

Documents, SDK models and what both share are read here into one form. It must not know
which cases follow or that anything is ever sent, and of a wire protocol only what its table says.
"""
