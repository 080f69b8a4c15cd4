"""Bodies of requests and answers, in every form: from bytes to what a model takes, and back."""
