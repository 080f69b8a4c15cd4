"""Models in a Kubernetes cluster: what they are made of there, applied or written as files."""
