"""How what others wrote becomes types of the model: pydantic's settings for it."""

DEFERRED = {"defer_build": True}
"""How a type is read is worked out at the first reading, not in every process."""
STRICT = {"extra": "forbid", "defer_build": True}
"""A member that the type does not have is a mistake."""
