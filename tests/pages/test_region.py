"""The page of the region: what anybody sees, what members see, and its files."""
