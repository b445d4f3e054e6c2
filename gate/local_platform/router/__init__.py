"""The router of an app: from a visitor's request to a web dyno and back."""
