"""One module per database, each loaded only when an address names it."""
