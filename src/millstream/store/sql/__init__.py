"""The store in SQL: SQLite, PostgreSQL and MySQL."""
