"""Who changed what and when, written down by the database itself: see docs/history.md."""
