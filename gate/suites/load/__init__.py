"""Load: a paired Locust run, followed while it goes on and stopped when it is decided."""
