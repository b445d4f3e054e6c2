"""A release gate for web apps on Heroku: promote, block or roll back, with reasons."""
