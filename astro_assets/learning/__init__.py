"""What every model shares: splits, metrics, calibration, conformal sets, a gate, audits, tracking, energy.

Arrays in, arrays and small records out. Nothing here knows what a star or a transit is, nor who asks.
"""
