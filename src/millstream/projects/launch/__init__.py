"""Where projects are carried out, one file per backend."""
