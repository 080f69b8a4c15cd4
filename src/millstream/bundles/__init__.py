"""A model version with all that belongs to it, as one file or on its way to another server."""
