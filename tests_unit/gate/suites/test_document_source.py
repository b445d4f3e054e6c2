"""A document is read from where a person says it is, and from nowhere else."""

import gzip
import json
import os
import socket
import threading
from pathlib import Path

import pytest

from gate.errors import ExitCode, UsageProblem
from gate.openapi.documents.document import Unresolvable
from gate.suites import document_source
from gate.suites.document_source import read_text
from tests_unit.gate.fakes.web import Reply, Request, serving

EMPTY = {"openapi": "3.1.0", "paths": {}}


def referring(*files: str) -> str:
    paths = {f"/{n}": {"$ref": file} for n, file in enumerate(files)}
    return json.dumps({**EMPTY, "paths": paths})


def refused(place: object) -> UsageProblem:
    with pytest.raises(UsageProblem) as caught:
        read_text(str(place)).document()
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.why
    assert caught.value.advice
    return caught.value


def test_a_file_and_those_beside_it(tmp_path: Path) -> None:
    """A document at a path has the files beside it that it refers to."""
    (tmp_path / "paths").mkdir()
    (tmp_path / "paths" / "a.yaml").write_text("get: {operationId: it}")
    (tmp_path / "api.json").write_text(referring("paths/a.yaml"))
    document = read_text(str(tmp_path / "api.json")).document()
    found, pointer = document.follow(document.root["paths"]["/0"], "")
    assert found == {"get": {"operationId": "it"}}
    assert document.place(pointer) == "paths/a.yaml#"


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is relative to where the command runs, references to the document."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.json").write_text("{}")
    (tmp_path / "docs" / "api.json").write_text(referring("a.json"))
    monkeypatch.chdir(tmp_path)
    assert read_text("docs/api.json").document().unfollowed == {}


def test_links_do_not_leave_the_folder(tmp_path: Path) -> None:
    """A link to a file outside the folder is not read, one within it is."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (tmp_path / "secret.json").write_text("{}")
    (folder / "out.json").symlink_to(tmp_path / "secret.json")
    (folder / "up").symlink_to(tmp_path)
    (folder / "real.json").write_text("{}")
    (folder / "in.json").symlink_to("real.json")
    files = "out.json", "up/secret.json", "in.json"
    (folder / "api.json").write_text(referring(*files))
    document = read_text(str(folder / "api.json")).document()
    assert list(document.root["x-gate-files"]) == ["in.json"]
    for file in files[:2]:
        assert "link that leaves the document's folder" in document.unfollowed[file]


def test_files_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    """Missing files, folders, pipes and impossible names: each with its reason."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    files = "missing.json", "folder", "pipe", "%00.json", "a" * 300
    (tmp_path / "api.json").write_text(referring(*files))
    document = read_text(str(tmp_path / "api.json")).document()
    whys = ["no such file", "a folder", "no plain file", "null byte", "too long"]
    for path, why in zip(document.root["paths"].values(), whys, strict=True):
        with pytest.raises(Unresolvable, match=why):
            document.follow(path, "")


def test_a_path_that_is_no_document(tmp_path: Path) -> None:
    """What is wrong is said with the name that was given, why, and what to do."""
    (tmp_path / "twice.json").write_text('{"a": {"b": 1, "b": 2}}')
    assert "/a: found the name 'b' twice" in str(refused(tmp_path / "twice.json"))
    assert "no such file" in str(refused(tmp_path / "missing.json"))
    assert "it is a folder" in str(refused(tmp_path))
    assert "null byte" in str(refused("a\0b"))


def test_what_comes_through_a_pipe(tmp_path: Path) -> None:
    """It is read to its end; there is no folder whose files would be beside it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "a.json").write_text("{}")
    text = referring("a.json")
    writer = threading.Thread(target=pipe.write_text, args=(text,), daemon=True)
    writer.start()
    document = read_text(str(pipe)).document()
    writer.join(timeout=5)
    assert "from a pipe" in document.unfollowed["a.json"]


def test_a_file_that_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more of a file is read than tells that it is too long."""
    monkeypatch.setattr("gate.suites.document_source.MAX_BYTES", 100)
    monkeypatch.setattr("gate.openapi.documents.limits.MAX_BYTES", 100)
    (tmp_path / "long.json").write_text(" " * 1000)
    assert "found 101 bytes; at most 100" in str(refused(tmp_path / "long.json"))


def test_a_url() -> None:
    """A document at a URL stands alone: nothing it refers to is asked for."""
    asked = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(
            200, referring("a.json", "/b.json", "http://localhost:1/").encode()
        )

    with serving(answer) as url:
        document = read_text(f"{url}/api.json").document()
    assert asked == ["/api.json"]
    for path in document.root["paths"].values():
        with pytest.raises(Unresolvable):
            document.follow(path, "")


def test_redirects_stay_on_their_host() -> None:
    """A redirect is followed on the same host, and named when it leads elsewhere."""

    def answer(request: Request) -> Reply:
        to = {
            "/old": "/new",
            "/away": "http://else:where@example.invalid/api",
            "/port": "http://127.0.0.1:1/api",
            "/file": "file:///etc/passwd",
            "/round": "/round",
        }.get(request.path)
        if to is None:
            return Reply(200, json.dumps(EMPTY).encode())
        return Reply(302, b"", {"Location": to})

    with serving(answer) as url:
        assert read_text(f"{url}/old").document().root == EMPTY
        away = str(refused(f"{url}/away"))
        assert "another host; if that is right, name http://example.invalid/api" in away
        assert "another host" in str(refused(f"{url}/port"))
        assert "another host" in str(refused(f"{url}/file"))
        assert "more than 5 times" in str(refused(f"{url}/round"))


def test_urls_that_answer_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Status codes, web pages, too much, compressed or not: each has its sentence."""

    def answer(request: Request) -> Reply:
        match request.path:
            case "/page":
                return Reply(200, b"<html>log in")
            case "/long":
                return Reply(200, b" " * 5000)
            case "/bomb":
                packed = gzip.compress(b" " * 10_000_000)
                return Reply(200, packed, {"Content-Encoding": "gzip"})
            case "/torn":
                return Reply(200, b"no gzip", {"Content-Encoding": "gzip"})
        return Reply(404, b"{}")

    monkeypatch.setattr("gate.suites.document_source.MAX_BYTES", 1000)
    monkeypatch.setattr("gate.openapi.documents.limits.MAX_BYTES", 1000)
    with serving(answer) as url:
        assert "answered 404" in str(refused(f"{url}/none"))
        assert "web page" in str(refused(f"{url}/page"))
        assert "at most 1,000" in str(refused(f"{url}/long"))
        assert "at most 1,000" in str(refused(f"{url}/bomb"))
        assert "damaged" in str(refused(f"{url}/torn"))
    assert "the connection was refused" in str(refused(f"{url}/gone"))


def test_what_is_wrong_with_a_connection_is_named() -> None:
    """A name that nobody knows, and a server that does not speak TLS."""
    assert "no host of that name" in str(refused("http://gone.invalid/api.json"))
    with serving(lambda _: Reply(200, b"{}")) as url:
        assert "TLS" in str(refused(url.replace("http:", "https:")))


def test_urls_that_are_never_asked() -> None:
    """Only http and https; credentials in a URL are not repeated in a message."""
    assert "ftp" in str(refused("ftp://example.invalid/api.json"))
    assert "file" in str(refused("file:///etc/passwd"))
    said = str(refused("http://user:hidden@127.0.0.1:1/api.json"))
    assert "hidden" not in said
    assert refused("http://[/api.json")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("HTTPS://user:hidden@api.example/x.json", "HTTPS://api.example/x.json"),
        ("https://user:hid@den@api.example/a@b", "https://api.example/a@b"),
        ("http://api.example?who=a@b", "http://api.example?who=a@b"),
        ("docs/a@b.json", "docs/a@b.json"),
    ],
)
def test_credentials_of_a_url_are_told_nowhere(place: str, told: str) -> None:
    """However the scheme is spelt; and nothing else is left out."""
    assert document_source.shown(place) == told


def test_an_answer_that_trickles_in_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly an answer comes, reading it ends in time."""
    monkeypatch.setattr(document_source, "DEADLINE", 0.2)
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
                while not done.wait(0.02):
                    connection.sendall(b" ")

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        said = str(refused(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        done.set()
        thread.join(timeout=5)
    assert "no answer in time" in said
