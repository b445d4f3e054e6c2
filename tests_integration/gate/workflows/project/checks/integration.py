"""What a customer of the deployed shop sees."""

import requests


def test_the_product_is_served(app_url):
    """The product has a name."""
    assert requests.get(f"{app_url}/product", timeout=5).json()["name"] == "tea"
