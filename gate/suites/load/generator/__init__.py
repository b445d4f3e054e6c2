"""The load generator: Locust in child processes; only these modules import it."""
