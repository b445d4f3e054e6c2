"""What the API answers when it refuses: a status, an id and a sentence."""


class Problem(Exception):
    """One refused request: its error id, and what its body says besides."""

    def __init__(self, status: int, id: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.id = id
        self.message = message
        self.more = more

    def body(self) -> dict[str, str]:
        """The documented JSON error body."""
        return {"id": self.id, "message": self.message, **self.more}


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


def unknown_endpoint() -> Problem:
    """404: no such path, or not with this method; in Heroku's words."""
    message = (
        "The requested API endpoint was not found. Are you using the right HTTP verb "
        "(i.e. `GET` vs. `POST`), and did you specify your intended version with the "
        "`Accept` header?"
    )
    return Problem(404, "not_found", message)


def conflict(message: str) -> Problem:
    """409: the present state does not allow it."""
    return Problem(409, "conflict", message)


def unsatisfiable_range(message: str) -> Problem:
    """416: the Range header asks for what cannot be."""
    return Problem(416, "requested_range_not_satisfiable", message)


def too_large(message: str) -> Problem:
    """413: more was sent than is taken."""
    return Problem(413, "too_large", message)


def rate_limited() -> Problem:
    """429: nothing was done; the same request may be sent again later."""
    return Problem(
        429,
        "rate_limit",
        "Your account reached the API rate limit\n"
        "Please wait a few minutes before making new requests",
        url="https://devcenter.heroku.com/articles/platform-api-reference#rate-limits",
    )


def invalid_params(message: str) -> Problem:
    """422: a parameter is missing or wrong."""
    return Problem(422, "invalid_params", message)
