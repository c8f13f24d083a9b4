"""The image wing: frames, cutouts, photometry, the quality of frames, anomalies and alerts."""
