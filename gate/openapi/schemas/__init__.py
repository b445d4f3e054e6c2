"""Schemas: is every value that one side writes one that the other side reads?"""
