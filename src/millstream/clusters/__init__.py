"""Kubernetes clusters: which one is meant, and what its API server is asked."""
