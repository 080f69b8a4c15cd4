"""A model elsewhere: as an image, and what runs images."""
