"""What changes the platform: intent recorded before, outcome after. Only here."""
