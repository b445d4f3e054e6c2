"""All runs, append only: each step is recorded before the next begins."""
