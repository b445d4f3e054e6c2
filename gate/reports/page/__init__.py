"""One run as one HTML page: static, self-contained, and without a script."""
