"""Who calls the API without a browser: tokens, how often, and what was answered to repeats."""
