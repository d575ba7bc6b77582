"""Drawings of a match for who rather looks than reads; each has a table with the same numbers."""
