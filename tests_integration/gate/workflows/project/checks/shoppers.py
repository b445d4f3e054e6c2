"""Shoppers who look at the product."""

from locust import FastHttpUser, task


class Shopper(FastHttpUser):
    """Somebody in a hurry."""

    @task
    def look(self) -> None:
        """Look at the product."""
        self.client.get("/product")
