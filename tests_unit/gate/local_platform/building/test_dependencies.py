"""What a source needs installed."""

import json
from pathlib import Path

import pytest

from gate.local_platform.building.commands import BuildError
from gate.local_platform.building.dependencies import dependencies, requirements_of


def test_a_pipfile_lock_becomes_pinned_requirements() -> None:
    """With hashes, extras and markers; development packages stay out."""
    lock = {
        "default": {
            "flask": {
                "version": "==2.0.3",
                "extras": ["async"],
                "hashes": ["sha256:ab"],
            },
            "colorama": {"version": "==0.4", "markers": "sys_platform == 'win32'"},
        },
        "develop": {"pytest": {"version": "==8.0"}},
    }
    assert requirements_of(json.dumps(lock)).splitlines() == [
        "colorama==0.4 ; sys_platform == 'win32'",
        "flask[async]==2.0.3 --hash=sha256:ab",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"default": []}', '{"default": {"a": {"path": "."}}}'],
)
def test_a_pipfile_lock_that_pins_nothing_is_refused(text: str) -> None:
    """Damaged, or with packages that have no version."""
    with pytest.raises(BuildError, match=r"Pipfile\.lock"):
        requirements_of(text)


def test_what_is_included_counts_and_what_is_outside_does_not(tmp_path: Path) -> None:
    """Two sources share an environment only if all their files say the same."""
    source = tmp_path / "app"
    source.mkdir()
    (tmp_path / "secret.txt").write_text("secret==1")
    (source / "requirements.txt").write_text("-r base.txt\n-r ../secret.txt\n")
    (source / "base.txt").write_text("flask==1\n")
    first = dependencies(source, print).fingerprint
    assert "secret==1" not in first
    (source / "base.txt").write_text("flask==2\n")
    assert dependencies(source, print).fingerprint != first


@pytest.mark.parametrize(
    ("line", "local"),
    [
        ("-e .", True),
        ("--editable=./lib", True),
        (".", True),
        ("./lib", True),
        ("lib/thing", True),
        ("thing @ file:///x", True),
        ("flask==2.0", False),
        ("https://example.org/flask.zip", False),
        ("flask>=2 ; python_version > '3'", False),
    ],
)
def test_a_requirement_on_the_source_itself_is_recognised(
    tmp_path: Path, line: str, local: bool
) -> None:
    """Then environments of different sources are different."""
    (tmp_path / "requirements.txt").write_text(f"# ours\n{line}\n")
    assert dependencies(tmp_path, print).take_in_source is local
