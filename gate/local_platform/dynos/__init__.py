"""Dynos: one process each, the formation that keeps them, what they use."""
