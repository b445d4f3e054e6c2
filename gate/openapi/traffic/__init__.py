"""Requests and answers: as they are written, and whether a document admits them."""
