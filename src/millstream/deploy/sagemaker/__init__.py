"""Models as endpoints and batch jobs of Amazon SageMaker."""
