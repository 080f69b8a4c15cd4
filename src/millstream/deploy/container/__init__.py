"""Images that serve a model."""
