"""How each category is tested: suites collect evidence and have no opinion."""
