"""What the operating system knows: which processes are whose, and how they end."""
