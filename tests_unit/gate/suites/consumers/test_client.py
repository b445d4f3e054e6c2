"""The client of old consumers: where it goes, and how much it reads."""

from pathlib import Path

import pytest

from gate.suites.consumers import client
from gate.suites.consumers.client import Client, Unread
from tests_unit.gate.fakes.web import Reply, Request, serving


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    """Elsewhere may be production, and the document has to speak of it."""
    reached: list[str] = []

    def there(request: Request) -> Reply:
        reached.append(request.path)
        return Reply()

    with serving(there) as other:

        def here(request: Request) -> Reply:
            to = {"/slash": "/slash/", "/away": f"{other}/away"}.get(request.path)
            return Reply(307, b"", {"Location": to}) if to else Reply()

        with serving(here) as url, Client() as asking:
            assert asking.get(f"{url}/slash").status_code == 307
            assert asking.post(f"{url}/away").status_code == 307
    assert reached == []


def test_credentials_of_a_netrc_file_stay_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are nobody's business here, and would stand in the evidence."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password not-to-be-told")
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply()

    with serving(answer) as url, Client() as asking:
        asking.get(url)
    assert "Authorization" not in seen[0].headers


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (Reply(200, b"no gzip", {"Content-Encoding": "gzip"}), "damaged"),
        (Reply(200, b"x" * 2_000), "longer than 1000 bytes"),
    ],
)
def test_an_answer_that_cannot_be_read_to_its_end_names_its_request(
    told: Reply, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it can be told and sent again; what has no end is not read for ever."""
    monkeypatch.setattr(client, "MOST_BYTES", 1_000)
    with (
        serving(lambda _: told) as url,
        Client() as asking,
        pytest.raises(Unread, match=why) as raised,
    ):
        asking.get(f"{url}/a")
    assert raised.value.request is not None
    assert raised.value.request.url == f"{url}/a"
