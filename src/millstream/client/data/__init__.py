"""Datasets that runs read: made of what is in memory, and where they come from."""
