"""A recurrent variational autoencoder of X-ray light curves: what a source usually does, and who does not."""
