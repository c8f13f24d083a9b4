"""From an observer's night of raw frames to differential light curves.

Single frames, their registration, apertures, ensembles and trends live here; opening files does not.
"""
