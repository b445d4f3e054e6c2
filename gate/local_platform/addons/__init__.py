"""Add-ons: heroku-postgresql, served by one real PostgreSQL of the platform's own."""
