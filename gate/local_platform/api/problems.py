"""What the API answers when it refuses: a status, an id and a sentence."""


class Problem(Exception):
    """One refused request, documented by its error id."""

    def __init__(
        self, status: int, id: str, message: str, *, resource: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.id = id
        self.message = message
        self.resource = resource

    def body(self) -> dict[str, str]:
        """The documented JSON error body."""
        body = {"id": self.id, "message": self.message}
        if self.resource:
            body["resource"] = self.resource
        return body


def bad_request(message: str) -> Problem:
    """400: the request cannot be read."""
    return Problem(400, "bad_request", message)


def unauthorized() -> Problem:
    """401: no token, or a wrong one."""
    return Problem(401, "unauthorized", "Invalid credentials provided.")


def forbidden(message: str) -> Problem:
    """403: understood, but not allowed."""
    return Problem(403, "forbidden", message)


def not_found(resource: str) -> Problem:
    """404: there is no such thing here."""
    return Problem(
        404, "not_found", f"Couldn't find that {resource}.", resource=resource
    )


def conflict(message: str) -> Problem:
    """409: the present state does not allow it."""
    return Problem(409, "conflict", message)


def unsatisfiable_range(message: str) -> Problem:
    """416: the Range header asks for what cannot be."""
    return Problem(416, "requested_range_not_satisfiable", message)


def invalid_params(message: str) -> Problem:
    """422: a parameter is missing or wrong."""
    return Problem(422, "invalid_params", message)
