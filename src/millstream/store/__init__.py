"""Facts on disk."""
