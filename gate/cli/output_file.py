"""The file that somebody names for what a command has to say."""

from pathlib import Path

from gate.errors import UsageProblem


def write_output(path: Path, content: bytes) -> None:
    """Write *content* to *path*, into whatever is there: it may be a pipe, or a device.

    Raises UsageProblem where that cannot be done.
    """
    try:
        path.write_bytes(content)
    except (OSError, ValueError) as error:
        raise UsageProblem(
            f"{path} cannot be written",
            why=getattr(error, "strerror", "") or str(error),
            advice="name a file in a folder that is there and writable",
        ) from error
