"""Front-end code of others: fetched by a lock with hashes, and only what is served is kept."""
