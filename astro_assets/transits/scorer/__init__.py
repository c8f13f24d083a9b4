"""The transit scorer: from labelled events to calibrated probabilities."""
