"""Commands that are imported when they are asked for: each needs its own parts."""

from collections import UserDict
from pkgutil import resolve_name
from typing import Any


class Late(UserDict[str, Any]):
    """Commands by name, each kept as the place of it: ``module:name``."""

    def __getitem__(self, name: str) -> Any:
        """Return the command; raises KeyError where there is none of that name."""
        return resolve_name(self.data[name])
