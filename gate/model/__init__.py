"""The nouns of the trade: frozen, pure, and known to everything above."""
