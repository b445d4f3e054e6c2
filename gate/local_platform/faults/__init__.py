"""Faults on request: what may go wrong, where, how often, and when it did."""
