"""A model as a Flask application that is yours to change."""
