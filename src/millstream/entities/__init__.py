"""What exists: the shapes that scripts, the wire and the store share."""
