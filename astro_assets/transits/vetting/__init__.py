"""Measures of candidates that tell planets from what looks like them."""
