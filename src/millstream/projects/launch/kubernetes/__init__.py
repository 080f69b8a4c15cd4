"""Projects as Jobs of a Kubernetes cluster."""
