"""Migrations of the schema, loaded only when one is due. A revision is named by its version."""
