"""One adapter per library, each importing it at the top; `adapters` loads them by name."""
