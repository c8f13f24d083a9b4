"""Features of folded views as series: which are computed, of what, and which of them tell classes apart."""
