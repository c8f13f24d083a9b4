"""Tests of what the X-ray autoencoder is compared with."""
