"""Access in SQL: a file per noun, and what they share."""
