"""The search for periodic transits in one star's detrended light curve."""
