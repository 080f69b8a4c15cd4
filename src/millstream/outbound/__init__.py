"""HTTP to strangers: which addresses may be called, one bounded request, and when to try again."""
