"""A model as a service: a directory on disk becomes routes that answer predictions."""
