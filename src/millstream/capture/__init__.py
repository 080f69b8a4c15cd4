"""What a run is told of without being asked: console, source, packages, machine, its load."""
