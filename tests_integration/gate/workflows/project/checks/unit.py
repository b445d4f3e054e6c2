"""What the shop knows by itself."""

from shop import server


def test_what_is_promised_is_sold():
    """A product has all that the document requires."""
    assert set(server.SCHEMA["required"]) == set(server.PRODUCT)
