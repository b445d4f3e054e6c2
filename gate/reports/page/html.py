"""An account of a run as one HTML file: no script, nothing from elsewhere.

Findings hold text of strangers: whatever a template puts out is made plain and escaped
on its way, and the page's own policy (CSP) forbids all but its inline style.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gate.errors import EXIT_CODE_MEANINGS, ExitCode
from gate.model.evidence import Category
from gate.model.release import Release
from gate.model.verdict import Action, Result, Row, Verdict
from gate.reports.page.account import Account
from gate.reports.page.blind_spots import blind_spots
from gate.reports.page.load_section import load_section
from gate.reports.page.watch_section import watch_rows
from gate.reports.plain_text import plain

TEMPLATE = "run.html.jinja"
MOST_SHOWN = 20_000
MARKS = {
    Result.PASSED: "✓",
    Result.FAILED: "✗",
    Result.INSUFFICIENT: "?",
    Result.NOT_RUN: "–",  # noqa: RUF001 - a dash is meant
    Result.ACCEPTED: "!",
}


def as_html(account: Account) -> bytes:
    """Return the page in UTF-8; the same account gives the same bytes."""
    load, platform = account.bundle.load, account.bundle.platform
    page = _environment().get_template(TEMPLATE)
    text = page.render(
        account=account,
        verdict=account.verdict,
        badge=_badge(account.verdict) if account.verdict else "",
        findings=account.verdict.gravest_first if account.verdict else (),
        headline=_headline(account),
        exit_meaning=_exit_meaning(account),
        standing=_standing(account),
        load=load_section(load, platform, account.policy) if load else None,
        watched=account.watched,
        watch_rows=watch_rows(account.watch) if account.watch else (),
        way_back=account.bundle.rollback,
        way_back_row=_way_back_row(account.verdict),
        unseen=tuple(blind_spots(account)),
        subject=_subject(account),
        marks=MARKS,
        nothing=Action.PROMOTE,
    )
    return text.encode()


def _badge(verdict: Verdict) -> str:
    """Return what the answer looks like: promoted, but for what a person accepted."""
    promotes = verdict.action is Action.PROMOTE
    if verdict.whole and promotes and verdict.accepted:
        return Result.ACCEPTED.value
    if verdict.whole:
        return verdict.action.words
    if promotes:
        return Result.PASSED.value
    return (Result.FAILED if verdict.regression else Result.INSUFFICIENT).value


def _way_back_row(verdict: Verdict | None) -> Row | None:
    """Return what the judgement says of plan and rehearsal together."""
    rows = verdict.rows if verdict else ()
    return next((row for row in rows if row.category is Category.ROLLBACK), None)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_made_plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = _moment
    return made


def _made_plain(value: Any) -> Any:
    """Return what a template puts out; only drawn pictures are markup already."""
    return value if isinstance(value, Markup) else plain(str(value), most=MOST_SHOWN)


def _moment(at: str, unit: str = "seconds") -> str:
    """Return a moment as people write it, in UTC; what is none stays as it is."""
    try:
        told = datetime.fromisoformat(at).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return at
    return f"{told.isoformat(' ', unit)} UTC"


def _headline(account: Account) -> str:
    if account.closed is not None:
        return account.closed.says
    if account.verdict is not None:
        return f"{account.verdict.release}: {account.verdict.words}"
    return "This run has not ended: see python -m gate status"


def _exit_meaning(account: Account) -> str:
    """Say what the exit code means for such a command: most promote nothing."""
    if account.closed is None:
        return ""
    code = account.closed.exit_code
    if code not in set(ExitCode):
        return f"exit {code}"
    passed = "passed"
    if account.verdict is not None and account.verdict.accepted:
        passed = "with what a person accepted"
    meaning = passed if code == ExitCode.PASSED else EXIT_CODE_MEANINGS[ExitCode(code)]
    if account.opened is not None and account.opened.command != "promote":
        meaning = meaning.removeprefix("promotion blocked: ")
    return f"exit {code}: {meaning}"


def _standing(account: Account) -> str:
    """Say what held in production when the run ended, and how that is known."""
    closed = account.closed
    return ": ".join(filter(None, (closed.standing, closed.known))) if closed else ""


def _subject(account: Account) -> Sequence[tuple[str, str]]:
    """Return what the verdict is bound to, as names and values."""
    subject = account.subject
    rows = [("run", account.run)]
    if account.opened is not None:
        command = account.opened.command
        own = command if command.startswith("pytest") else f"gate {command}"
        rows += [("command", own), ("opened", _moment(account.opened.at))]
    if account.closed is not None:
        rows += [("closed", _moment(account.closed.at))]
    if subject is None:
        return rows
    rows += _release("candidate", subject.candidate)
    rows += [("candidate asked at", subject.candidate_url)]
    if subject.baseline is None:
        rows += [("baseline", "none: production has no release yet")]
    else:
        rows += _release("baseline", subject.baseline)
    if subject.control_url:
        beside = f"{subject.control_app} at {subject.control_url}"
        rows += [("baseline runs beside it", beside)]
    rows += [("production", subject.production_url)]
    rows += [("policy", subject.policy_digest)] if subject.policy_digest else []
    return rows


def _release(role: str, release: Release) -> list[tuple[str, str]]:
    slug = release.slug
    return [
        (role, release.name),
        (f"{role} commit", release.commit or "not told by the platform"),
        (
            f"{role} slug",
            f"{slug.id} {slug.checksum or ''}".strip() if slug else "none",
        ),
    ]
