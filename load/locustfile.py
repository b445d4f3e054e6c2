"""What shoppers do: look around, look closer, order and check, look back.

Run it with `locust -f load/locustfile.py --host URL`. Every choice is made with the
`random` module, so that seeding it repeats a run.
"""

import random

from locust import FastHttpUser, task

SKUS = ("tea-sencha", "tea-assam", "coffee-huila", "mug-blue", "kettle-steel")


class Shopper(FastHttpUser):
    """A customer in a hurry."""

    connection_timeout = 5.0
    network_timeout = 10.0

    @task(4)
    def browse(self) -> None:
        """Look at the catalogue."""
        with self.client.get("/products", catch_response=True) as answer:
            if answer.status_code == 200 and not answer.json()["items"]:
                answer.failure("the catalogue is empty")

    @task(4)
    def look_closer(self) -> None:
        """Look at one product."""
        self.client.get(f"/products/{random.choice(SKUS)}", name="/products/[sku]")

    @task(2)
    def look_back(self) -> None:
        """Look at the latest orders."""
        self.client.get("/orders?limit=10", name="/orders")

    @task(2)
    def order(self) -> None:
        """Order something, then read the order again."""
        wanted = random.sample(SKUS, random.randint(1, 3))
        items = [{"sku": sku, "quantity": random.randint(1, 12)} for sku in wanted]
        body = {"customer": f"Shopper {random.randint(1, 1000)}", "items": items}
        with self.client.post("/orders", json=body, catch_response=True) as answer:
            if answer.status_code != 201:
                answer.failure(f"ordering was answered {answer.status_code}")
                return
            order = answer.json()
        path = f"/orders/{order['id']}"
        with self.client.get(path, name="/orders/[id]", catch_response=True) as again:
            if again.status_code == 200 and again.json() != order:
                again.failure("the order is not what was placed")
