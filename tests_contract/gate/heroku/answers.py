"""Answers as Heroku gives them, cut down to what the gate reads."""

from typing import Any


def release(version: int, **changes: Any) -> dict[str, Any]:
    """A release that succeeded, of slug ``s<version>``."""
    return {
        "id": f"r{version}",
        "app": {"id": "a1", "name": "orders"},
        "version": version,
        "status": "succeeded",
        "current": False,
        "slug": {"id": f"s{version}"},
        "description": f"Deploy {version}",
        "eligible_for_rollback": True,
        "created_at": "2026-11-01T12:00:00Z",
        "output_stream_url": None,
        "addon_plan_names": [],
        **changes,
    }


def slug(slug_id: str) -> dict[str, Any]:
    """A slug with everything known."""
    return {
        "id": slug_id,
        "checksum": "SHA256:" + "0" * 64,
        "commit": "334096fe",
        "process_types": {"web": "gunicorn app", "release": "migrate"},
        "stack": {"id": "x", "name": "heroku-26"},
    }


def app(**changes: Any) -> dict[str, Any]:
    """An app that serves."""
    return {
        "id": "a1",
        "name": "orders",
        "web_url": "https://orders-123.example.com/",
        "maintenance": False,
        **changes,
    }


def error(error_id: str, message: str = "No.") -> dict[str, str]:
    """The documented shape of an error."""
    return {"id": error_id, "message": message, "url": "https://example.com"}
