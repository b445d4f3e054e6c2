"""How much is read of one document, and the refusal of anything else."""

from dataclasses import dataclass

MAX_BYTES = 50_000_000
MAX_VALUES = 2_000_000  # GitHub's whole description, 13 MB, has 260,000
MAX_FILES = 1_000
MAX_DEPTH = 128
MAX_DIGITS = 308  # of an integer; no double holds more


class NotOpenApi(ValueError):
    """The text is no OpenAPI 3.0, 3.1 or 3.2 document; the message says where and why."""


@dataclass(slots=True)
class Allowance:
    """What may still be read, for a document and the files beside it together."""

    bytes: int
    values: int
    files: int

    @classmethod
    def full(cls) -> "Allowance":
        """The allowance of one document before anything is read."""
        return cls(MAX_BYTES, MAX_VALUES, MAX_FILES)

    def take_bytes(self, count: int) -> None:
        """Account for a text; raises `NotOpenApi` when it is too much."""
        self.bytes -= count
        if self.bytes < 0:
            raise NotOpenApi(
                f"found {MAX_BYTES - self.bytes:,} bytes; at most {MAX_BYTES:,} are read"
            )

    def take_values(self, count: int, place: str = "") -> None:
        """Account for values, aliases written out; raises `NotOpenApi`."""
        self.values -= count
        if self.values < 0:
            raise NotOpenApi(
                f"{place}found more than {MAX_VALUES:,} values, aliases written out; "
                "no more are read"
            )

    def take_file(self) -> None:
        """Account for one more file beside the document; raises `NotOpenApi`."""
        self.files -= 1
        if self.files < 0:
            raise NotOpenApi(f"found more than {MAX_FILES:,} files; no more are read")
