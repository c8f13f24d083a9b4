"""What an autoencoder of X-ray light curves must be better than."""
