"""The rules for operations, and the changes that they make."""
