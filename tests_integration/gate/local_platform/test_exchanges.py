"""What the platform keeps of its exchanges when it is asked to."""

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform


def test_exchanges_are_kept_without_what_is_secret(
    connect: Callable[[LocalPlatform], Any],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Method, path, endpoint, status and both bodies; neither values nor signatures."""
    folder = tmp_path / "exchanges"
    folder.mkdir()
    checked = os.environ.get(control.EXCHANGES_VARIABLE)
    monkeypatch.setenv(control.EXCHANGES_VARIABLE, str(folder))
    client = connect(control.up(home))
    app = client.app()
    path = f"/apps/{app}/config-vars"
    client.do("PATCH", path, {"KEY": "canary-7d1f", "GONE": None})
    source = client.do("POST", "/sources")["source_blob"]["put_url"]
    assert client.ask("GET", "/apps/nobody").status_code == 404
    control.down(home)

    [file] = folder.iterdir()
    if checked:  # with those of all other platforms
        shutil.copy(file, checked)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    signature = source.partition("signature=")[2]
    for secret in ("canary-7d1f", client.platform.token, signature):
        assert secret not in text
    kept = [json.loads(line) for line in text.splitlines()]
    [change] = [one for one in kept if one["method"] == "PATCH"]
    assert (change["path"], change["status"]) == (path, 200)
    assert change["route"] == "/apps/{app}/config-vars"
    assert change["request"] == {"KEY": "***", "GONE": None}
    assert change["response"]["KEY"] == "***"
    assert kept[-1]["response"]["id"] == "not_found"
