"""The tracking server elsewhere: as an image, under Compose, in Kubernetes."""
