"""A run as one page: all that is known of it, and nothing that could do harm."""

import unicodedata
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from gate.errors import ExitCode
from gate.judges import judge
from gate.ledger.records import (
    RunClosed,
    RunOpened,
    SlugRejected,
    WatchEnded,
)
from gate.model.evidence import (
    AppLog,
    CaseRun,
    Category,
    Completion,
    EvidenceBundle,
    Exercise,
    Generator,
    SlowRequest,
)
from gate.model.subject import Subject
from gate.model.verdict import Finding, Judgement, Result, Verdict
from gate.model.watch_evidence import Answered, Traffic, WatchEvidence
from gate.reports.page.account import Account
from gate.reports.page.html import as_html
from tests_unit.gate.fakes.anything import any_of
from tests_unit.gate.fakes.good_run import (
    BARRIER,
    BUNDLE,
    CONTRACT,
    FAILED,
    LOAD,
    PLATFORM,
    POLICY,
    RUN,
    SKIPPED,
    UNIT,
    probes,
    subject,
)

AT = "2025-01-02T03:04:05.000+00:00"
ABOUT = subject()
NAME = ABOUT.run
VOID = {"meta", "br"}
ALLOWED = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "section",
        "h1",
        "h2",
        "h3",
        "p",
        "span",
        "table",
        "thead",
        "tbody",
        "caption",
        "tr",
        "th",
        "td",
        "article",
        "pre",
        "code",
        "figure",
        "figcaption",
        "strong",
        "div",
        "dl",
        "dt",
        "dd",
        "ul",
        "li",
        "details",
        "summary",
        "svg",
        "desc",
        "g",
        "defs",
        "clippath",
        "rect",
        "path",
        "use",
        "text",
    ]
)
WATCHED = WatchEvidence(
    BARRIER,
    probes(),
    AppLog("shop-production"),
    8.0,
    traffic=Traffic("v13", 8.0, tuple(Answered(n, 200, "", 12.0) for n in range(50))),
    promised=(2, 900),
)


class Page(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def account(**changes: object) -> Account:
    """A good run that was promoted; some of it otherwise."""
    good = Account(
        run=NAME,
        opened=RunOpened(NAME, AT, "promote", "shop-staging", "shop-production", "c"),
        subject=ABOUT,
        verdict=judge(ABOUT, BUNDLE, POLICY),
        watched=None,
        closed=RunClosed(NAME, AT, 0, "promoted shop-staging v12"),
        rejected=None,
        pieces=(),
        bundle=replace(BUNDLE, load=None),
        policy=POLICY,
        watch=None,
        gaps=(),
    )
    return replace(good, **changes)


def told(**changes: object) -> str:
    """The words on the page of such a run."""
    return Page(as_html(account(**changes))).text


def assert_harmless(page: bytes) -> None:
    """No script, no handler, no address; and no character that hides or steers."""
    read = Page(page)
    assert set(read.elements) <= ALLOWED
    assert read.open == []
    for name, value in read.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "srcset", "action", "http-refresh"}
        assert "href" not in name or value.startswith("#")
    hidden = {"Cc", "Cf", "Cs"}
    assert not any(
        unicodedata.category(c) in hidden for c in page.decode() if c not in "\n\t"
    )


@given(
    any_of(Verdict),
    any_of(RunClosed),
    any_of(Subject),
    any_of(WatchEnded, SlugRejected),
)
@settings(max_examples=15, deadline=None)
def test_whatever_strangers_said_the_page_is_harmless(
    verdict: Verdict, closed: RunClosed, about: Subject, last: WatchEnded | SlugRejected
) -> None:
    """Text of the app, the tests and the platform stays text."""
    ended = {"watched": last} if isinstance(last, WatchEnded) else {"rejected": last}
    assert_harmless(
        as_html(account(verdict=verdict, closed=closed, subject=about, **ended))
    )


EVIL = "</title></style><script>alert(1)</script><img src=x onerror=a> \x1b[2J \u202e {{7*7}}"


def test_markup_in_findings_and_load_is_shown_as_it_is() -> None:
    """Also in routes, errors, request ids, and the commands."""
    finding = Finding(Category.LOAD, EVIL, EVIL, EVIL, EVIL, operation=EVIL)
    steps = [replace(e, route=EVIL) for e in getattr(LOAD.events[20], "steps", ())]
    load = replace(
        LOAD,
        events=tuple(
            replace(each, steps=tuple(steps)) if each.kind == "flow" and steps else each
            for each in LOAD.events
        ),
        errors={EVIL: 3},
        slowest=(SlowRequest("candidate", EVIL, 1.0, 9.0, EVIL),),
        trouble=EVIL,
        again=EVIL,
    )
    rows = account().verdict
    assert rows is not None
    page = as_html(
        account(
            verdict=replace(rows, release=EVIL, because=(finding,)),
            bundle=replace(BUNDLE, load=load),
            gaps=(EVIL,),
        )
    )
    assert_harmless(page)
    text = Page(page).text
    assert text.count("<script>alert(1)</script>") > 8
    assert "{{7*7}}" in text


def test_the_page_needs_nothing_and_forbids_everything() -> None:
    """No request leaves it, and its policy would not let one leave."""
    page = as_html(account()).decode()
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert "@import" not in page
    assert "url(" not in page
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page


def test_the_same_account_is_the_same_page() -> None:
    """Byte for byte: it holds no clock and no dice."""
    load = replace(BUNDLE, load=replace(LOAD, events=LOAD.events[:60]))
    assert as_html(account(bundle=load)) == as_html(account(bundle=load))


def test_the_verdict_its_rows_and_its_end_are_told() -> None:
    """With what a pass could not see."""
    text = told()
    assert "promote shop-staging v12" in text
    assert "promoted shop-staging v12" in text
    assert "exit 0: passed" in text
    verdict = account().verdict
    assert verdict is not None
    for row in verdict.rows:
        assert row.category.value in text
        assert row.seen in text


def test_each_finding_has_its_example_and_its_command() -> None:
    """All of them, however many: the first are open, the rest to be opened."""
    red = replace(UNIT, run=CaseRun(Completion.COMPLETE, (FAILED,) * 9))
    verdict = judge(ABOUT, replace(BUNDLE, unit=red), POLICY)
    text = told(verdict=verdict)
    assert len(verdict.because) > 5
    assert "4 more" in text
    for finding in verdict.because:
        for part in (finding.rule, finding.summary, finding.example, finding.reproduce):
            assert part in text
        assert f"python -m gate explain {finding.id}" in text


def test_what_was_judged_is_named_exactly() -> None:
    """Releases, commits, slugs, and where they were asked."""
    text = told()
    for release in (ABOUT.candidate, ABOUT.baseline):
        assert release is not None
        assert release.slug is not None
        for part in (release.name, release.commit, release.slug.id):
            assert part in text
        assert release.slug.checksum in text
    assert "none: production has no release yet" in told(
        subject=subject(baseline=False)
    )


def test_a_rejected_slug_is_told() -> None:
    """For it will not be promoted again."""
    rejected = SlugRejected(NAME, AT, "slug-cccc", "SHA256:0", "c" * 40, "3 crashes")
    assert "slug-cccc is rejected from now on: 3 crashes" in told(rejected=rejected)


def test_what_held_in_production_stands_beneath_how_the_run_ended() -> None:
    """In the words of the run; a run that was no matter of production says nothing."""
    known = "shop-production v7: 5 of 5 answers"
    closed = RunClosed(NAME, AT, 20, "rolled back", "the old release serves", known)
    assert f"production: the old release serves: {known}" in told(closed=closed)
    assert "production: " not in told().partition("The verdict")[0]


def test_a_run_that_broke_off_is_told_as_far_as_it_came() -> None:
    """It has neither verdict nor end."""
    text = told(
        verdict=None, closed=None, subject=None, policy=None, bundle=EvidenceBundle()
    )
    assert "no verdict" in text
    assert "This run has not ended" in text


def test_the_load_is_told_by_metric_by_route_and_in_pictures() -> None:
    """With the slowest answers, the errors, and the command to repeat it."""
    load = replace(
        LOAD,
        errors={"GET /orders: HTTP 500": 3},
        slowest=(SlowRequest("candidate", "GET /orders", 3.2, 812.0, "a1b2-c3"),),
        calibration="calibrated 2025-01-01: 0 false alarms in 20 runs, 20 passed",
    )
    page = as_html(account(bundle=replace(BUNDLE, load=load)))
    read = Page(page)
    assert read.elements.count("figure") == read.elements.count("svg") > 2
    for part in (
        "GET /orders: HTTP 500",
        "812 ms",
        "a1b2-c3",
        " Calibrated 2025-01-01: 0 false alarms in 20 runs, 20 passed.",
        LOAD.again,
        "p50",
        "memory",
    ):
        assert part in read.text


def test_a_load_that_was_lowered_is_told_as_that() -> None:
    """A pass says what it has not seen: more at once than this machine could bear."""
    thin = replace(LOAD, generator=Generator(rate=12.0, lowered_from=90.0))
    said = "12 a second were meant to start under load, 90 at first."
    assert said in told(bundle=replace(BUNDLE, load=thin))


def test_a_load_that_told_nothing_is_told_as_that() -> None:
    """No picture is drawn of nothing."""
    text = told(bundle=replace(BUNDLE, load=replace(LOAD, events=(), paired=False)))
    assert "Too few answers came to draw." in text
    assert "No baseline ran beside the candidate" in text


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (AT, "2025-01-02 03:04 UTC"),
        ("2025-01-02T03:04:05+02:00", "2025-01-02 01:04 UTC"),
        ("0001-01-01T00:00:00+09:00", "0001-01-01T00:00:00+09:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_a_moment_is_written_as_people_do(at: str, said: str) -> None:
    """In UTC, whatever the zone of the machine; what is no moment stays as it is."""
    opened = RunOpened(NAME, at, "promote", "shop-staging", "shop-production", "c")
    assert f"run {NAME}, {said}\n" in told(opened=opened)


def test_from_a_part_of_the_suites_nothing_follows() -> None:
    """The page names what was asked, and no action beside it."""
    refused = replace(BARRIER, serves=False)
    bundle = replace(BUNDLE, barrier=refused, load=None)
    verdict = judge(ABOUT, bundle, POLICY, (Category.HEALTH, Category.UNIT))
    text = told(
        opened=RunOpened(NAME, AT, "pytest -m gate", "shop-staging", "p", "c"),
        closed=RunClosed(NAME, AT, ExitCode.BLOCKED, "so"),
        verdict=verdict,
        bundle=replace(bundle, rollback=None),
    )
    assert "health failed, unit passed" in text
    assert "exit 10: a regression was found" in text
    assert "Not asked in this run: contract, integration and load." in text
    for word in ("roll back", "block", "promotion"):
        assert word not in text


def test_the_watch_is_told_with_what_production_showed() -> None:
    """Beside what staging had promised."""
    judgement = Judgement(Category.HEALTH, Result.PASSED, "errors above 9 % excluded")
    text = told(watched=WatchEnded(NAME, AT, judgement, 8.0), watch=WATCHED)
    assert "Production, watched for 8 s" in text
    assert "errors above 9 % excluded" in text
    assert "50 answers in 8 s, 0 server errors (0 %); p50 12 ms" in text
    assert "2 of 900 flows failed" in text


@pytest.mark.parametrize(
    ("bundle", "words"),
    [
        (
            replace(BUNDLE, barrier=replace(BARRIER, identity="platform only")),
            "Answers did not name their release",
        ),
        (
            replace(BUNDLE, unit=replace(UNIT, run=replace(RUN, cases=(SKIPPED,)))),
            f"1 unit test skipped: {SKIPPED.id}",
        ),
        (
            replace(
                BUNDLE,
                contract=replace(
                    CONTRACT, exercises=(Exercise("GET /prices", 9, 0, "not safe"),)
                ),
            ),
            "GET /prices (not safe)",
        ),
        (
            replace(
                BUNDLE,
                platform=replace(
                    PLATFORM, candidate=AppLog("shop-staging", lost="it ended early")
                ),
            ),
            "The log of shop-staging is not whole: it ended early",
        ),
        (BUNDLE, "Production was not watched in this run"),
    ],
)
def test_what_a_pass_could_not_see_is_said(bundle: EvidenceBundle, words: str) -> None:
    """From the evidence itself, whatever the verdict is."""
    assert words in told(bundle=replace(bundle, load=None))


def test_categories_that_were_not_asked_are_named() -> None:
    """A run of the load suite alone says nothing of the others."""
    verdict = account().verdict
    assert verdict is not None
    load_only = replace(verdict, rows=verdict.rows[-1:])
    assert "Not asked in this run: health, unit, contract and integration." in told(
        verdict=load_only
    )
