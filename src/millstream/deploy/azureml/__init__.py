"""Models as managed endpoints of Azure Machine Learning, through its own SDK."""
