"""The X-ray wing: light curves of counts in energy bands, their simulation, and what is learned of them."""
