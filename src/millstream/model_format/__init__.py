"""A model as a directory."""
