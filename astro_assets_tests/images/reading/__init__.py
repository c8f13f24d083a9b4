"""Tests of opening images."""
