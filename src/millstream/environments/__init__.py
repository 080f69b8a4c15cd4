"""A Python of its own: environments made from the requirements that something brings along."""
