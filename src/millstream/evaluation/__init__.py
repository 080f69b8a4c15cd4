"""How good a model is: its metrics, curves and tables, with their uncertainty."""
