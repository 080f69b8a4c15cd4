"""Automatic logging: the frame (patches, sessions, options, runs) and a file per framework."""
