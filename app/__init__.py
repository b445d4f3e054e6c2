"""A small shop on Heroku: `orders`, and the `pricing` service that it asks."""
