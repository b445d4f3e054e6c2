"""Apps of other people: whatever a Procfile starts runs, or the reason is told."""

import socket
from pathlib import Path
from typing import Any

import pytest

FLASK = """
import os
from flask import Flask, jsonify, redirect, request

app = Flask(__name__)


@app.before_request
def insist_on_https():
    if request.headers.get("X-Forwarded-Proto", "http") != "https":
        return redirect(request.url.replace("http://", "https://", 1), code=301)


@app.route("/")
def hello():
    import flask, sys
    return jsonify(flask=flask.__version__, worker=os.getpid(), parent=os.getppid())
"""
OLD_PINS = """# as they were in 2022
Flask==2.0.3
Werkzeug==2.0.3
gunicorn==20.1.0
"""
# A server of the standard library, which answers with what `say` returns.
SERVER = """
import json, os, signal, socket, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Server(HTTPServer):
    address_family = socket.AF_INET6 if os.environ.get("SIX") else socket.AF_INET

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(say()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

def serve(say_it, host=os.environ["HOST"]):
    global say
    say = say_it
    Server((host, int(os.environ["PORT"])), Handler).serve_forever()
"""
PLAIN = "from server import *\nserve(lambda: 'hello')\n"


def source(
    main: str = PLAIN, procfile: str = "web: python main.py\n"
) -> dict[str, str]:
    """An app without requirements."""
    return {
        "Procfile": procfile,
        "requirements.txt": "",
        "main.py": main,
        "server.py": SERVER,
    }


def is_free(port: int) -> bool:
    """Whether nothing answers on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def refused(client: Any, files: dict[str, str]) -> str:
    """The output of a build that must fail."""
    build = client.build(client.app(), client.pack(files))
    output = str(client.output(build))
    assert build["status"] == "failed", output
    return output


def seen(client: Any, app: str, words: str) -> str:
    """The app's log, once it says certain words."""
    log: str = client.until(
        lambda: told if words in (told := client.log(app)) else None
    )
    return log


def built(client: Any, files: dict[str, str], app: str = "") -> str:
    """The output of a build that must succeed."""
    build = client.build(app or client.app(), client.pack(files))
    output = str(client.output(build))
    assert build["status"] == "succeeded", output
    return output


def test_a_flask_app_with_old_pins_runs_on_gunicorn_and_ends_with_its_workers(
    client: Any,
) -> None:
    """What they need at run time is there; all its processes go, its port is free."""
    app = client.app()
    command = "web: gunicorn app:app --workers 2 --bind 0.0.0.0:$PORT\n"
    client.deploy(
        app, {"Procfile": command, "requirements.txt": OLD_PINS, "app.py": FLASK}
    )
    client.web(app, "up")
    told = client.get(app).json()
    assert told["flask"] == "2.0.3"
    log = client.log(app, source="heroku", dyno="web")
    assert "Warning: web.1 listens on every interface" in log
    port = int(log.partition("may reach port ")[2].split(";")[0])
    assert not is_free(port)
    client.do("PATCH", f"/apps/{app}/formation/web", {"quantity": 0})
    log = seen(client, app, "Process exited with status 0")
    client.until(lambda: is_free(port))
    assert "still listens" not in log
    for process in (told["worker"], told["parent"]):
        client.until(lambda process=process: not is_alive(process))


def is_alive(process: int) -> bool:
    """Whether a process is there, or was replaced by another that has its number."""
    try:
        return b"gunicorn" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def test_a_server_that_ignores_sigterm_on_all_addresses_is_named_and_stopped(
    client: Any,
) -> None:
    """Also one that listens on IPv6's."""
    app = client.app()
    deaf = (
        "from server import *\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "serve(lambda: os.getpid(), '::')\n"
    )
    client.deploy(app, source(deaf, "web: SIX=1 python main.py\n"))
    client.web(app, "up")
    assert client.get(app).status_code == 200
    log = client.log(app, source="heroku")
    port = int(log.partition("may reach port ")[2].split(";")[0])
    client.do("PATCH", f"/apps/{app}/formation/web", {"quantity": 0})
    seen(client, app, "Error R12")
    seen(client, app, "Process exited with status 137")
    client.until(lambda: is_free(port))


@pytest.mark.parametrize(
    "procfile",
    [
        "# ours\r\n\r\nweb: python main.py\r\nworker: sleep 60\r\n",
        "\ufeffweb: python main.py\n",
        "web: cd . && exec python main.py\n",
        "web: WORDS='two words' python main.py & wait\n",
        'web: bash -c "exec python main.py --port $PORT"\n',
        "web: if true; then python main.py; fi\n",
    ],
)
def test_a_command_is_the_shells(client: Any, procfile: str) -> None:
    """With assignments, quotes, lists and jobs; Windows' line ends do not matter."""
    app = client.app()
    client.deploy(app, source(procfile=procfile))
    client.web(app, "up")
    assert client.get(app).json() == "hello"


def test_profile_scripts_are_read_before_the_command(client: Any) -> None:
    """Those of .profile.d first, then .profile: the command sees what they export."""
    app = client.app()
    files = source("from server import *\nserve(lambda: os.environ['GREETING'])\n")
    files[".profile.d/greeting.sh"] = "export GREETING=good\n"
    files[".profile"] = 'export GREETING="$GREETING morning"\n'
    client.deploy(app, files)
    client.web(app, "up")
    assert client.get(app).json() == "good morning"


def test_modules_of_the_apps_top_folder_are_found_from_everywhere(client: Any) -> None:
    """As with Heroku's buildpack, which puts it into PYTHONPATH."""
    app = client.app()
    files = source(procfile="web: python bin/serve.py\n") | {"bin/serve.py": PLAIN}
    client.deploy(app, files)
    client.web(app, "up")
    assert client.get(app).json() == "hello"


def test_hooks_run_before_and_after_packages_are_installed(client: Any) -> None:
    """With the config vars; what they write is part of every dyno."""
    app = client.app()
    client.do("PATCH", f"/apps/{app}/config-vars", {"WHO": "Ada"})
    hooks = {
        "bin/pre_compile": '#!/bin/sh\necho "first of $WHO"\necho one > made.txt\n',
        "bin/post_compile": "#!/usr/bin/env python\n"
        "open('made.txt', 'a').write('two')\nprint('then')\n",
    }
    main = "from server import *\nserve(lambda: open('made.txt').read())\n"
    output = built(client, source(main) | hooks, app)
    assert output.index("first of Ada") < output.index(" environment ")
    assert output.index(" environment ") < output.index("       then\n")
    client.web(app, "up")
    assert client.get(app).json() == "one\ntwo"


def test_a_hook_that_fails_after_megabytes_shows_its_end_and_leaves_nothing(
    client: Any,
) -> None:
    """The output is bounded, and its end is what matters."""
    hook = (
        "#!/bin/sh\n"
        "(exec sleep 517) &\n"
        "yes 'a long line of a talkative build, as they are' | head -n 200000\n"
        "echo 'the reason at last' >&2\nexit 3\n"
    )
    output = refused(client, source() | {"bin/post_compile": hook})
    assert len(output) < 6_000_000
    assert "lines are left out" in output
    end = output.splitlines()[-2:]
    assert end == [
        "       the reason at last",
        " !     bin/post_compile ended with status 3",
    ]
    assert not any(b"sleep\x00517" in each for each in commands())


def commands() -> list[bytes]:
    """The command lines of this machine's processes."""
    found = []

    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"procfile": "web: x"}, "must be called Procfile"),
        ({"Procfile": "web: x", "Pipfile": ""}, "run `pipenv lock`"),
        ({"Procfile": "web: x", "Pipfile.lock": "{"}, "Pipfile.lock cannot be read"),
        ({"Procfile": "web: x", "poetry.lock": ""}, "poetry export"),
        (
            {
                "Procfile": "web: x",
                "pyproject.toml": "[project]\nname = 'x'\ndependencies = ['flask']",
            },
            "`uv lock`",
        ),
        ({"Procfile": "web: npm start", "package.json": "{}"}, "looks like Node.js"),
        (source() | {"runtime.txt": "3.11"}, "runtime.txt says '3.11'"),
        (source() | {".python-version": "3.11\n3.12\n"}, "must hold one version"),
        (source() | {"requirements.txt": "a==1\na==2\n"}, "unsatisfiable"),
    ],
)
def test_what_cannot_be_built_is_refused_with_what_to_do(
    client: Any, files: dict[str, str], told: str
) -> None:
    """In the last lines of the build's output."""
    assert told in "\n".join(refused(client, files).splitlines()[-8:])


@pytest.mark.parametrize(
    ("name", "text"),
    [(".python-version", "# the newest\n3.99\n"), ("runtime.txt", "python-3.99.1\n")],
)
def test_a_python_that_is_not_here_is_said_at_the_builds_end(
    client: Any, name: str, text: str
) -> None:
    """With what was used instead, and how to get the right one."""
    output = built(client, source() | {name: text})
    warning = output.partition(" !     Warning: ")[2]
    assert f"{name} asks for Python 3.99" in warning
    assert "uv python install 3.99" in warning
    assert output.index("Warning") > output.index(" environment ")


def test_the_source_itself_can_be_among_the_requirements(client: Any) -> None:
    """Each source gets an environment with its own code, also by an include."""
    app = client.app()
    package = {
        "pyproject.toml": "[build-system]\nrequires = []\n"
        'build-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": BACKEND,
        "requirements.txt": "-r more/prod.txt\n",
        "more/prod.txt": "-e .\n",
    }
    main = "from server import *\nimport shipped\nserve(lambda: shipped.WORD)\n"
    for word in ("first", "second"):
        client.deploy(app, source(main) | package | {"word.txt": word})
        client.web(app, "up")
        client.until(lambda word=word: client.get(app).json() == word)


# The smallest build backend there is: one module, which tells a word of the source.
BACKEND = """
import zipfile

def build_wheel(folder, config=None, metadata=None):
    name = "shipped-1-py3-none-any.whl"
    info = "shipped-1.dist-info/"
    word = open("word.txt").read()
    files = {
        "shipped.py": f"WORD = {word!r}\\n",
        info + "METADATA": "Metadata-Version: 2.1\\nName: shipped\\nVersion: 1\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "RECORD": "",
    }
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name

build_editable = build_wheel
"""


def test_an_app_that_cannot_be_imported_leaves_its_traceback(client: Any) -> None:
    """Here because it calls somebody while it is imported."""
    app = client.app()
    calls = "import socket\nsocket.create_connection(('127.0.0.1', 9), 2)\n"
    client.deploy(app, source(calls))
    client.web(app, "crashed")
    log = client.log(app)
    assert "app[web.1]: ConnectionRefusedError" in log
    assert "heroku[web.1]: Process exited with status 1" in log


def test_an_app_that_dies_after_looking_healthy_is_seen_and_restarted(
    client: Any,
) -> None:
    """Even with status 0: nothing that should serve may end."""
    app = client.app()
    dies = (
        "from server import *\nimport threading\n"
        "threading.Timer(1.0, os._exit, [0]).start()\nserve(lambda: 'still here')\n"
    )
    client.deploy(app, source(dies))
    client.web(app, "up")
    assert client.get(app).json() == "still here"
    log = seen(client, app, "State changed from crashed to starting")
    assert "Process exited with status 0" in log
    assert "State changed from up to crashed" in log


def test_a_dyno_ends_with_its_first_process_whatever_that_left_behind(
    client: Any,
) -> None:
    """The server goes too: on Heroku nothing outlives the command."""
    app = client.app()
    client.deploy(app, source(procfile="web: python main.py & sleep 1; exit 7\n"))
    client.web(app, "up")
    seen(client, app, "Process exited with status 7")


def test_an_app_that_logs_megabytes_goes_on_to_serve(client: Any) -> None:
    """Its last lines are there, and it is not slowed down for ever."""
    app = client.app()
    talks = (
        "from server import *\n"
        "for n in range(40_000): print(n, 'x' * 100)\n"
        "serve(lambda: 'hello')\n"
    )
    client.deploy(app, source(talks))
    client.web(app, "up")
    assert client.get(app).json() == "hello"
    assert "app[web.1]: 39999 xxx" in client.log(app, source="app")


def test_a_worker_alone_runs_and_the_router_says_that_nothing_serves(
    client: Any,
) -> None:
    """A Procfile needs no web process for the platform, though the gate asks for one."""
    app = client.app()
    client.deploy(
        app, source(procfile="worker: python -u -c \"print('busy')\"; sleep 9\n")
    )
    client.do("PATCH", f"/apps/{app}/formation/worker", {"quantity": 1})
    seen(client, app, "app[worker.1]: busy")
    assert client.get(app).status_code >= 500
