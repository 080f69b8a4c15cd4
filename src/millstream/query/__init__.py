"""The search language: text to tree, no database in sight."""
