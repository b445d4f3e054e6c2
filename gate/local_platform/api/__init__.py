"""The endpoints of the Platform API, one file per resource."""
