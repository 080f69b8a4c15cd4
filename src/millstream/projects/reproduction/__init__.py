"""A run carried out again from its id: what it recorded, its code put back, what came out."""
