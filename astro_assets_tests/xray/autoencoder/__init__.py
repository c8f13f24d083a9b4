"""Tests of the X-ray autoencoder."""
