"""What the nouns of the registry share: rows of models and versions, moves, and their events."""
