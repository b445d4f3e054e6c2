"""The team's locustfile: its users, and how to tell that two checkouts have the same."""

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path

from locust import User
from locust.contrib.fasthttp import FastHttpUser
from locust.user.users import HttpUser

from gate.suites.load.generator.settings import Refused
from gate.suites.load.generator.turns import in_short


def digest_of(path: Path) -> str:
    """Return the SHA-256 of the scenario; raises Refused when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error


def users_of(path: Path) -> list[type[User]]:
    """Return the classes of the team's file that Locust would run itself.

    Raises Refused when there is none, or one whose tasks cannot be paired.
    """
    spec = importlib.util.spec_from_file_location("team_locustfile", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise Refused(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    # Locust puts this folder there, whose modules must not stand for the team's.
    sys.path[:] = [each for each in sys.path if each != str(Path(__file__).parent)]
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        told = f"{path}{_line_of(path, error)} cannot be imported: {in_short(error)}"
        raise Refused(told) from error
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


def _line_of(path: Path, error: BaseException) -> str:
    """Return the line of the team's file at which an error was raised, if it has one."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [each.lineno for each in frames if each.filename == str(path)]
    return f", line {lines[-1]}," if lines else ""


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
