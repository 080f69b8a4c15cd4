"""The wire: the endpoint table, its server end and its client end."""
