"""The commands: main, then a file per noun."""
