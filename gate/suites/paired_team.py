"""What a load run is told: its settings, and the users of the team's locustfile."""

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from locust import User
from locust.contrib.fasthttp import FastHttpUser
from locust.user.users import HttpUser

from gate.suites.paired_samples import in_short


class Refused(Exception):
    """This run cannot be made; the message says why and what to change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment asks for; times in seconds, arms with their base URLs."""

    file: Path
    arms: Mapping[str, str]
    serial: float
    concurrent: float
    users: int
    seed: int
    max_requests: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises Refused when a setting is missing, not a number, or makes no load."""
        try:
            arms = {
                "candidate": environ["GATE_LOAD_CANDIDATE"].rstrip("/"),
                "baseline": environ.get("GATE_LOAD_BASELINE", "").rstrip("/"),
            }
            settings = cls(
                file=Path(environ["GATE_LOAD_FILE"]).resolve(),
                arms={arm: url for arm, url in arms.items() if url},
                serial=float(environ["GATE_LOAD_SERIAL_SECONDS"]),
                concurrent=float(environ["GATE_LOAD_CONCURRENT_SECONDS"]),
                users=int(environ["GATE_LOAD_USERS"]),
                seed=int(environ["GATE_LOAD_SEED"]),
                max_requests=int(environ["GATE_LOAD_MAX_REQUESTS"]),
            )
        except KeyError as missing:
            raise Refused(f"{missing.args[0]} is not set") from None
        except ValueError as wrong:
            raise Refused(f"a GATE_LOAD_ setting is not a number: {wrong}") from None
        if "candidate" not in settings.arms:
            raise Refused("GATE_LOAD_CANDIDATE is empty: there is nothing to load")
        if min(settings.users, settings.max_requests) < 1:
            raise Refused("GATE_LOAD_USERS and GATE_LOAD_MAX_REQUESTS start at 1")
        return settings


def users_of(path: Path) -> list[type[User]]:
    """The classes of the team's file that Locust would run itself.

    Raises Refused when there is none, or one whose tasks cannot be paired.
    """
    spec = importlib.util.spec_from_file_location("team_locustfile", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise Refused(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise Refused(f"{path} cannot be imported: {in_short(error)}") from error
    found = {
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, User) and not item.abstract
    }
    if not found:
        raise Refused(f"{path} has no HttpUser or FastHttpUser class to run")
    for user_class in found:
        check(user_class)
    return sorted(found, key=lambda user_class: user_class.__qualname__)


def check(user_class: type[User]) -> None:
    """Raises Refused for a class that cannot be run in pairs."""
    name = user_class.__qualname__
    if not issubclass(user_class, HttpUser | FastHttpUser):
        raise Refused(f"{name} is not an HttpUser or FastHttpUser")
    if not user_class.tasks:
        raise Refused(f"{name} has no task: mark its methods with @task")
    for each in user_class.tasks:
        if isinstance(each, type):
            raise Refused(
                f"{name} has the {each.__mro__[1].__name__} {each.__name__} among its"
                " tasks, which runs until it stops itself and cannot be paired: make"
                f" its tasks @task methods of {name}; a sequence becomes one method"
            )
