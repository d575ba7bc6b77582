"""A private PostgreSQL and Redis for a laptop, tests and the demo; production brings its own."""
