"""Front-end code of others: fetched from npm by a lock with hashes, and only what is served kept."""
