"""From an observer's night of raw frames to differential light curves.

Pixels of single frames, their registration, apertures, ensembles and trends live here; opening files does not.
"""
