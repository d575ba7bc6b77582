"""The places of the world, from GeoNames, made searchable at set-up."""
