"""Models of other libraries: saved, logged to a run, and loaded again; one file per library."""
