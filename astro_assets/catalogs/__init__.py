"""What others know of stars: catalogues read from files, the signals they list, the names they use."""
