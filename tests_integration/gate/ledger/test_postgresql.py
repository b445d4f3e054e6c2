"""The ledger on a server: the same as in a file, whatever becomes of its session."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import get_args
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gate.errors import ExitCode, GateError, LeaseHeld, StateDamaged, UsageProblem
from gate.ledger.postgresql_table import PostgresqlTable
from gate.ledger.records import Record, RunClosed, RunOpened
from gate.ledger.store import Ledger
from tests_unit.gate.fakes.anything import any_of

Opening = Callable[[], Ledger]
KINDS = get_args(Record)
CUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def run_opened(run: str, production: str = "shop") -> RunOpened:
    """The beginning of a run."""
    return RunOpened(run, "2025-01-02T03:04:05Z", "promote", "s", production, "c" * 40)


def cut_all(address: str) -> None:
    """End all sessions with the server, as its fail-over does."""
    with psycopg.connect(address) as connection:
        connection.execute(CUT)


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(records=st.lists(any_of(*KINDS), min_size=3, max_size=8))
def test_every_kind_of_record_reads_back_in_order(
    opened: Opening, records: list[Record]
) -> None:
    """Also for whoever opens it later, and by run."""
    ledger, later = opened(), opened()
    before = len(list(ledger.records()))
    records = [replace(r, run=r.run.replace("\0", "")) for r in records]  # never in one
    for record in records:
        ledger.append(record)
    assert list(later.records())[before:] == records
    for run in {record.run for record in records}:
        own = [record for record in records if record.run == run]
        assert list(later.records(run))[-len(own) :] == own
    ledger.close()
    later.close()


def test_runs_of_several_pipelines_are_told_apart(opened: Opening) -> None:
    """What is open in one pipeline is no matter of another."""
    ledger = opened()
    for run, production in (("a", "shop"), ("b", "bank"), ("c", "shop")):
        ledger.append(run_opened(run, production))
    ledger.append(RunClosed("a", "2025-01-02T03:05:05Z", 0, "promoted"))
    assert ledger.runs() == ("c", "b", "a")
    assert ledger.open_runs() == ("c", "b")
    assert opened().open_runs("shop") == ("c",)
    assert opened().open_runs("bank") == ("b",)


@pytest.mark.parametrize(
    "change",
    ["UPDATE gate_records SET body = ''", "DELETE FROM gate_records", "TRUNCATE {}"],
)
def test_the_server_itself_lets_no_record_be_changed(
    opened: Opening, address: str, change: str
) -> None:
    """Whoever asks it, in whatever way."""
    ledger = opened()
    ledger.append(run_opened("a"))
    with (
        psycopg.connect(address) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="only grows"),
    ):
        connection.execute(change.format("gate_records").encode())
    assert list(ledger.records()) == [run_opened("a")]


def test_many_gates_may_find_the_same_empty_database(address: str) -> None:
    """All get the same ledger."""

    def begin(number: int) -> None:
        ledger = Ledger(PostgresqlTable(address))
        ledger.append(run_opened(f"run-{number}"))
        ledger.close()

    with ThreadPoolExecutor(6) as gates:
        list(gates.map(begin, range(6)))
    ledger = Ledger(PostgresqlTable(address))
    assert sorted(ledger.runs()) == [f"run-{number}" for number in range(6)]
    ledger.close()


def test_a_newer_ledger_is_refused_by_name(opened: Opening, address: str) -> None:
    """And is left as it is."""
    opened()
    with psycopg.connect(address) as connection:
        connection.execute("UPDATE gate_ledger SET version = 99")
    with pytest.raises(StateDamaged, match="schema 99") as caught:
        opened()
    assert "schema 2" in caught.value.why
    assert caught.value.advice


@pytest.mark.parametrize(
    "change",
    [
        lambda address: address.replace("@", "@[", 1),
        lambda address: address.replace("postgresql:", "mysql:"),
        lambda address: address.replace("@127.0.0.1", "@nobody.invalid"),
        lambda address: address.replace("@", "x@", 1),
        lambda address: address.replace("/postgres?", "/not_there?"),
        lambda address: f"{address}&sslmode=whatever",
        lambda address: f"{address}&sslmode=require",
        lambda address: address.replace("postgresql://", "password="),
    ],
)
def test_no_error_shows_the_password(
    address: str, change: Callable[[str], str]
) -> None:
    """Neither its words nor what it was raised from; but there are words."""
    password = urlsplit(address).password or ""
    secret = "pa ss'w%/rd"
    for candidate, hidden in (
        (address, password),
        (address.replace(password, quote(secret, safe="")), secret),
    ):
        with pytest.raises((StateDamaged, UsageProblem)) as caught:
            PostgresqlTable(change(candidate))
        error = caught.value
        told = f"{error!r} {error.what} {error.why} {error.advice}"
        assert hidden not in told
        assert quote(hidden, safe="") not in told
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None
        assert error.why
        assert error.advice


def test_a_broken_session_loses_no_record_and_doubles_none(
    opened: Opening, address: str
) -> None:
    """Reading and writing go on in a new session."""
    ledger = opened()
    ledger.append(run_opened("a"))
    cut_all(address)
    assert ledger.runs() == ("a",)
    cut_all(address)
    ledger.append(run_opened("b"))
    assert opened().runs() == ("b", "a")


def test_a_server_that_is_gone_is_told(opened: Opening, address: str) -> None:
    """Nothing was recorded, and so nothing will be sent."""
    with _between(address, loses=b"no such words") as (through, end):
        ledger = Ledger(PostgresqlTable(through))
        end()
        with pytest.raises(
            StateDamaged, match=r"127\.0\.0\.1 cannot be used"
        ) as caught:
            ledger.append(run_opened("a"))
    assert caught.value.exit_code == ExitCode.UNAVAILABLE
    assert opened().runs() == ()


def test_a_record_whose_answer_was_lost_is_there_once(
    opened: Opening, address: str
) -> None:
    """It was committed, the answer never came: it is looked up, not written anew."""
    with _between(address, loses=b"INSERT INTO gate_records") as (through, _):
        ledger = Ledger(PostgresqlTable(through))
        ledger.append(run_opened("a"))
        ledger.close()
    assert opened().runs() == ("a",)


# The lease.


def test_one_at_a_time_for_each_production_app(opened: Opening) -> None:
    """Who holds it is told; another pipeline is free, and so is this one afterwards."""
    one, other = opened(), opened()
    with one.lease("shop", holder="gate promote"):
        with (
            pytest.raises(LeaseHeld) as caught,
            other.lease("shop", holder="gate check"),
        ):
            pass
        assert caught.value.exit_code == ExitCode.TRY_AGAIN
        assert caught.value.why.startswith(f"gate promote on {socket.gethostname()} ")
        with other.lease("bank", holder="gate check"):
            pass
    with other.lease("shop", holder="gate check"):
        pass


def test_the_lease_is_free_when_its_holder_is_gone(
    opened: Opening, address: str
) -> None:
    """However it went: the server frees it with the session."""
    with opened().lease("shop", holder="gate promote"):
        cut_all(address)
        with opened().lease("shop", holder="gate resume"):
            pass


def test_a_lease_lost_with_its_session_is_taken_again_unless_it_was_had(
    opened: Opening, address: str
) -> None:
    """As long as nobody had it meanwhile, the run goes on, and is alone."""
    one, other = opened(), opened()
    with one.lease("shop", holder="gate promote"):
        cut_all(address)
        one.append(run_opened("a"))
        with pytest.raises(LeaseHeld), other.lease("shop", holder="gate check"):
            pass
    assert other.runs() == ("a",)


@pytest.mark.parametrize("still", [True, False])
def test_who_lost_the_lease_to_another_writes_no_more(
    opened: Opening, address: str, *, still: bool
) -> None:
    """Whether the other still has it or had it: that is said; reading goes on."""
    one, other = opened(), opened()
    with one.lease("shop", holder="gate promote"):
        one.append(run_opened("a"))
        cut_all(address)
        taken = other.lease("shop", holder="gate resume")
        taken.__enter__()
        if not still:
            taken.__exit__(None, None, None)
        for _ in range(2):
            with pytest.raises(LeaseHeld, match="gate resume"):
                one.append(run_opened("b"))
        assert one.runs() == ("a",)
        if still:
            taken.__exit__(None, None, None)
    assert other.runs() == ("a",)


@contextmanager
def _between(address: str, *, loses: bytes) -> Iterator[tuple[str, Callable[[], None]]]:
    """A stretch of network to a server: the address there, and what breaks it.

    The first answer to what holds the words *loses* is lost with its connection.
    """
    parts = urlsplit(address)
    listening = socket.create_server(("127.0.0.1", 0))
    port, over, left = listening.getsockname()[1], threading.Event(), [loses]

    def serve() -> None:
        while not over.is_set():
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", parts.port)) as server:
                _carry(client, server, over, left)

    thread = threading.Thread(target=serve)
    thread.start()

    def end() -> None:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)

    try:
        yield address.replace(f":{parts.port}/", f":{port}/"), end
    finally:
        if not over.is_set():
            end()


def _carry(
    client: socket.socket,
    server: socket.socket,
    over: threading.Event,
    left: list[bytes],
) -> None:
    while not over.is_set():
        ready, _, _ = select.select([client, server], [], [], 0.05)
        for one in ready:
            content = one.recv(65536)
            if not content:
                return
            (server if one is client else client).sendall(content)
            if one is client and left and left[0] in content:
                left.clear()
                server.recv(65536)  # carried out, and then nobody hears of it
                return


def test_gate_errors_are_what_a_broken_ledger_ends_with(address: str) -> None:
    """A run that is broken off records what it can, and never dies of a driver's error."""
    ledger = Ledger(PostgresqlTable(address))
    with psycopg.connect(address) as connection:
        connection.execute("DROP TABLE gate_records")
    with pytest.raises(GateError):
        ledger.append(run_opened("a"))
    with pytest.raises(GateError):
        ledger.runs()
    ledger.close()
