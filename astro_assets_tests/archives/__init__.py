"""Tests of how archives are talked to, and a server on this machine that speaks as they do."""
