"""The lease as a ref of a git remote: for machines that share nothing else."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from gate.errors import ExitCode, LeaseHeld, PlatformUnavailable
from gate.ledger.git_lease import Ref, git_lease
from tests_unit.gate.fakes.project import Project

RACERS = 4


@pytest.fixture
def remote(tmp_path: Path) -> Project:
    """A repository that several machines push to."""
    project = Project(tmp_path / "remote.git")
    project.root.mkdir()
    project.git("init", "--quiet", "--bare")
    return project


@pytest.fixture
def ref(tmp_path: Path, remote: Project) -> Ref:
    """The lease of *shop* as one machine sees it."""
    return machine(tmp_path / "one", remote)


@pytest.fixture
def other(tmp_path: Path, remote: Project) -> Ref:
    """The same lease as another machine sees it."""
    return machine(tmp_path / "other", remote)


def machine(folder: Path, remote: Project) -> Ref:
    """A clone on a machine of its own."""
    project = Project.at(folder)
    project.git("remote", "add", "origin", str(remote.root))
    return Ref(folder, "origin", "shop")


def refs(remote: Project) -> list[str]:
    """The refs of the remote."""
    return remote.git("for-each-ref", "--format=%(refname)").split()


def test_one_at_a_time_and_the_holder_is_named(
    ref: Ref, other: Ref, remote: Project
) -> None:
    """A holder that shows itself is believed; afterwards nothing is left of it."""
    with git_lease(ref, holder="gate promote", renewal=0.05):
        assert refs(remote) == ["refs/gate/shop"]
        with pytest.raises(LeaseHeld) as caught:  # noqa: SIM117
            with git_lease(other, holder="gate check", renewal=0.4, patience=30):
                pass
        assert caught.value.why.startswith("gate promote on ")
        assert caught.value.exit_code == ExitCode.TRY_AGAIN
    assert refs(remote) == []
    with git_lease(other, holder="gate check"):
        assert refs(remote) == ["refs/gate/shop"]


def test_a_lease_of_the_dead_is_taken_over(
    ref: Ref, other: Ref, remote: Project
) -> None:
    """It stayed where it was for long enough by our own clock; who is not dead after
    all takes nothing back."""
    dead = ref.made("gate promote")
    assert ref.moved("", dead)
    with git_lease(other, holder="gate resume", renewal=0.2, patience=0.2):
        assert not ref.moved(dead, ref.made("the dead"))
        assert not ref.moved(dead, "")
        assert ref.told(ref.seen()).startswith("gate resume on ")
    assert refs(remote) == []


def test_who_lost_the_lease_leaves_it_to_its_holder(
    ref: Ref, other: Ref, remote: Project
) -> None:
    """A run that slept too long ends without giving away what is another's."""
    with git_lease(ref, holder="gate promote", renewal=600):
        before = other.seen()
        with suppress(LeaseHeld):
            taken = git_lease(other, holder="gate resume", renewal=0.2, patience=0.2)
            taken.__enter__()
        now = other.seen()
        assert now != before
    assert refs(remote) == ["refs/gate/shop"]
    taken.__exit__(None, None, None)
    assert refs(remote) == []


def test_of_many_that_try_at_once_one_has_it(tmp_path: Path, remote: Project) -> None:
    """All see that it is free, and all push."""
    machines = [machine(tmp_path / f"{n}", remote) for n in range(RACERS)]
    ready = threading.Barrier(RACERS)

    def take(ref: Ref) -> bool:
        mine = ref.made("gate promote")
        ready.wait(30)
        return ref.moved("", mine)

    with ThreadPoolExecutor(RACERS) as pool:
        assert sorted(pool.map(take, machines)) == [False, False, False, True]


def test_a_remote_that_does_not_answer_is_told_without_its_token(
    tmp_path: Path,
) -> None:
    """No lease, and no run; the address may hold a secret."""
    project = Project.at(tmp_path / "clone")
    address = "http://ada:hunter2@127.0.0.1:9/shop.git"
    project.git("remote", "add", "origin", address)
    ref = Ref(project.root, "origin", "shop")
    with pytest.raises(PlatformUnavailable) as caught, git_lease(ref, holder="gate"):
        pass
    assert "hunter2" not in f"{caught.value} {caught.value.advice}"
    assert "127.0.0.1" in caught.value.why
