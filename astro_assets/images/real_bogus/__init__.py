"""Real or bogus: triplets of stamps, told apart by what was injected into real ones."""
