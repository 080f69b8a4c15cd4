"""Models at Vertex AI of a Google Cloud project."""
