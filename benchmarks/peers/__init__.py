"""What the peers run, each in an environment of its own."""
