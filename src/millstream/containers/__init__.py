"""Images and containers, by the program of this machine that knows of them."""
