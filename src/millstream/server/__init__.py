"""The ASGI shell around the wire."""
