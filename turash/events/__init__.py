"""Domain events: the catalogue, the outbox, publishing and dispatch."""
