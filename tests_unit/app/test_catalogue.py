"""Products, as the first migration seeds them."""

from flask.testing import FlaskClient

from app import pricing


def test_the_catalogue_lists_what_pricing_sells(client: FlaskClient) -> None:
    """Every product has a price, in the order of the skus."""
    catalogue = client.get("/products").json
    assert catalogue is not None
    assert [product["sku"] for product in catalogue["items"]] == sorted(pricing.CENTS)


def test_a_product_can_be_looked_up(client: FlaskClient) -> None:
    """One product by its sku."""
    product = client.get("/products/mug-blue").json
    assert product == {"sku": "mug-blue", "name": "Blue mug"}


def test_an_unknown_product_is_a_404_problem(client: FlaskClient) -> None:
    """The problem has a type that programs can rely on."""
    answer = client.get("/products/moon")
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["type"] == "urn:problem:unknown-product"


def test_an_impossible_sku_is_a_422_problem(client: FlaskClient) -> None:
    """NUL and other bytes never reach the database."""
    for sku in ("%00", "A", "a" * 41, "%ff"):
        assert client.get(f"/products/{sku}").status_code == 422
