"""Public data sets as organizations, sites and flows."""
