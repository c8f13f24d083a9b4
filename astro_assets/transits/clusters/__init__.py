"""Groups of candidates that look alike: what they are told by, how many there are, and what they are called.

Groups describe and order candidates. None of them is a gate: planets are in all of them.
"""
