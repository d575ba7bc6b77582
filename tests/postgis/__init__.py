"""PostGIS whose test databases are quick to make and to empty: the ENGINE of tests."""
