"""Pages that show several apps: landing, dashboard, map, tokens, errors."""
