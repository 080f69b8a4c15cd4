"""Code as a package: projects, where they come from, and running them."""
