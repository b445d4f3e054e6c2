"""The repository: real git, in folders of its own."""

import hashlib
import tarfile
from pathlib import Path

import pytest

from gate.errors import UsageProblem
from gate.repository import Repository
from tests_unit.gate.fakes.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with one commit of two files."""
    project = Project.at(tmp_path / "shop")
    project.commit({"Procfile": "web: x\n", "app/main.py": "a = 1\n"}, "first words")
    return project


@pytest.fixture
def repository(project: Project) -> Repository:
    """What the gate sees of it."""
    return Repository.around(project.root)


def test_a_repository_is_found_from_any_of_its_folders(project: Project) -> None:
    """Its root is the top folder."""
    inside = Repository.around(project.root / "app")
    assert inside.root.resolve() == project.root.resolve()


def test_a_folder_outside_of_any_repository_is_refused(tmp_path: Path) -> None:
    """With the reason git gives, and what to do."""
    with pytest.raises(UsageProblem) as caught:
        Repository.around(tmp_path)
    assert "is not in a git repository" in caught.value.what
    assert "not a git repository" in caught.value.why
    assert caught.value.advice


def test_a_repository_without_a_commit_has_nothing_to_release(tmp_path: Path) -> None:
    """It says so, and what to do."""
    empty = Repository.around(Project.at(tmp_path / "new").root)
    with pytest.raises(UsageProblem, match="no commit yet") as caught:
        empty.head()
    assert caught.value.advice


def test_the_head_is_a_full_commit_id(project: Project, repository: Repository) -> None:
    """Not a branch that may move."""
    assert repository.head() == project.git("rev-parse", "HEAD")
    assert len(repository.head()) == 40
    assert repository.subject(repository.head()) == "first words"


def test_a_clean_tree_has_no_changes(repository: Repository) -> None:
    """Nothing but the commit is there."""
    assert repository.changes() == ()


@pytest.mark.parametrize(
    "name",
    [
        "new.py",
        "two words.py",
        'a "quoted".py',
        "tab\there.py",
        "ünïcode.py",
        " lead.py",
    ],
)
def test_an_untracked_file_is_a_change_under_its_own_name(
    project: Project, repository: Repository, name: str
) -> None:
    """Spaces, quotes and letters beyond ASCII are told as they are."""
    project.write({name: "x = 1\n"})
    assert repository.changes() == (name,)


def test_a_modified_file_is_a_change_under_its_own_name(
    project: Project, repository: Repository
) -> None:
    """Also when it is the first, and also when there are several."""
    project.write({"app/main.py": "a = 2\n"})
    assert repository.changes() == ("app/main.py",)
    project.write({"Procfile": "web: y\n"})
    assert set(repository.changes()) == {"Procfile", "app/main.py"}


def test_staged_deleted_and_renamed_files_are_changes(
    project: Project, repository: Repository
) -> None:
    """Whatever differs from the commit counts."""
    project.write({"added.py": "b = 1\n"})
    project.git("add", "added.py")
    project.git("mv", "Procfile", "Procfile.old")
    (project.root / "app/main.py").unlink()
    told = " ".join(repository.changes())
    assert "added.py" in told
    assert "app/main.py" in told
    assert "Procfile.old" in told


def test_it_knows_its_commits_and_what_they_hold(
    project: Project, repository: Repository
) -> None:
    """A commit of another clone, and a path of another commit, are not there."""
    first = repository.head()
    second = project.commit({"later.py": "c = 1\n"})
    assert repository.has(first)
    assert not repository.has("0" * 40)
    assert not repository.has("?")
    assert repository.holds(first, "Procfile")
    assert not repository.holds(first, "later.py")
    assert repository.holds(second, "later.py")


def test_it_tells_the_digest_of_a_file_in_a_commit(
    project: Project, repository: Repository
) -> None:
    """To the byte, also of what ends with empty lines; of no file it is empty."""
    commit = project.commit({"load/locustfile.py": "import locust\n\n"})
    project.write({"load/locustfile.py": "later"})
    expected = hashlib.sha256(b"import locust\n\n").hexdigest()
    assert repository.digest(commit, "load/locustfile.py") == expected
    assert repository.digest(commit, "load/nowhere.py") == ""


def test_an_archive_holds_exactly_the_commits_files(
    project: Project, repository: Repository, tmp_path: Path
) -> None:
    """Not what was changed since, nor what was never committed."""
    commit = repository.head()
    project.write({"app/main.py": "a = 'changed'\n", "secret.env": "KEY=1\n"})
    archive = tmp_path / "there" / "source.tar.gz"
    repository.archive(commit, archive)
    with tarfile.open(archive) as tar:
        files = {member.name: member for member in tar if member.isfile()}
        main = tar.extractfile(files["app/main.py"])
        assert main is not None
        assert main.read() == b"a = 1\n"
    assert set(files) == {"Procfile", "app/main.py"}


def test_a_checkout_is_the_commit_and_gone_after(
    project: Project, repository: Repository, tmp_path: Path
) -> None:
    """What lies about in the working tree is not in it; git forgets it as well."""
    first = repository.head()
    project.commit({"app/main.py": "a = 2\n"})
    project.write({"stray.py": "s = 1\n"})
    folder = tmp_path / "deep" / "checkout"
    with repository.checkout(first, folder) as files:
        assert (files / "app/main.py").read_text() == "a = 1\n"
        assert not (files / "stray.py").exists()
        (files / "made_by_a_test.txt").write_text("x")
    assert not folder.exists()
    assert project.git("worktree", "list").count("\n") == 0


def test_a_checkout_is_gone_also_when_something_breaks_inside(
    repository: Repository, tmp_path: Path
) -> None:
    """And what broke is what is raised."""
    folder = tmp_path / "checkout"
    with pytest.raises(RuntimeError, match="inside"):  # noqa: SIM117
        with repository.checkout(repository.head(), folder):
            raise RuntimeError("inside")
    assert not folder.exists()


def test_a_checkout_left_by_a_killed_run_is_no_obstacle(
    project: Project, repository: Repository, tmp_path: Path
) -> None:
    """Git still lists it, its folder is gone: it is pruned."""
    folder = tmp_path / "checkout"
    project.git("worktree", "add", "--quiet", "--detach", str(folder))
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
    with repository.checkout(repository.head(), folder) as files:
        assert (files / "Procfile").exists()


def test_git_is_not_led_astray_by_the_environment(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a git hook, where GIT_DIR names another repository."""
    expected = repository.head()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert repository.head() == expected


def test_the_users_git_settings_do_not_hide_untracked_files(
    project: Project, repository: Repository
) -> None:
    """What git status shows by default is theirs to choose; what is released is not."""
    project.git("config", "status.showUntrackedFiles", "no")
    project.write({"stray.py": "x = 1\n"})
    assert repository.changes() == ("stray.py",)


def test_an_app_in_a_folder_is_archived_alone(project: Project, tmp_path: Path) -> None:
    """Its files are at the top of the tarball, as the platform wants them."""
    commit = project.commit({"services/orders/Procfile": "web: x\n"})
    repository = Repository(project.root, "./services/orders/")
    assert repository.in_app("Procfile") == "services/orders/Procfile"
    assert repository.text(commit, repository.in_app("Procfile")) == "web: x"
    repository.archive(commit, tmp_path / "app.tar.gz")
    with tarfile.open(tmp_path / "app.tar.gz") as archive:
        assert [m.name for m in archive.getmembers() if m.isfile()] == ["Procfile"]


def test_folders_that_hold_a_file_are_found(
    project: Project, repository: Repository
) -> None:
    """The top one is a dot."""
    commit = project.commit({"services/orders/Procfile": "web: x\n"})
    assert repository.folders_with(commit, "Procfile") == (".", "services/orders")
