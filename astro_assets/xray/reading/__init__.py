"""Opening X-ray light curves of many telescopes: which table holds the rates, and what its columns mean."""
