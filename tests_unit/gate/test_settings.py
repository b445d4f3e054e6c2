"""Settings: typed, and every mistake told at once with its place."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.errors import ExitCode, SettingsInvalid
from gate.model.evidence import SUITES, Category
from gate.model.plan import Acceptance, HealthPlan, LoadPlan, Plans, PromotionPlan
from gate.model.verdict import Action
from gate.settings import Settings, contract_plan, load
from gate.settings.reading import LOCAL_SETTLE


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a project."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


def written(root: Path, text: str, **environment: str) -> Settings:
    """The settings of a project whose pyproject.toml holds *text*."""
    (root / "pyproject.toml").write_text(text)
    return load(root, environment)


def mistakes(root: Path, text: str, **environment: str) -> tuple[str, ...]:
    """What is told of settings that hold mistakes."""
    with pytest.raises(SettingsInvalid) as caught:
        written(root, text, **environment)
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value.mistakes


def test_a_project_needs_no_settings_at_all(root: Path) -> None:
    """Without pyproject.toml the local platform is meant, its apps named after it."""
    settings = load(root, {})
    assert settings.is_local
    assert settings.plans == Plans(promotion=PromotionPlan(settle=LOCAL_SETTLE))
    assert (settings.pipeline, settings.staging, settings.production) == (
        "shop",
        "shop-staging",
        "shop-production",
    )
    assert settings.baseline == "shop-baseline"


def test_the_baseline_costs_nothing_on_this_machine(root: Path) -> None:
    """It runs beside the candidate unasked, with the same config vars."""
    text = (
        '[tool.gate.local.config]\nshop-staging = { TAX = "7" }\n'
        'shop-production = { TAX = "9" }\n'
    )
    config = written(root, text).local.config
    assert config["shop-baseline"] == {"TAX": "7"}
    own = written(root, f'{text}shop-baseline = {{ TAX = "8" }}\n')
    assert own.local.config["shop-baseline"] == {"TAX": "8"}
    named = written(root, f'[tool.gate]\nbaseline = "old-shop"\n{text}')
    assert named.baseline == "old-shop"
    assert "old-shop" not in named.local.config


def test_how_long_a_lost_request_may_still_take_effect_is_known_on_this_machine(
    root: Path,
) -> None:
    """Elsewhere it is for long, and what the settings say holds everywhere."""
    apps = 'pipeline = "p-p"\nstaging = "s-s"\nproduction = "r-r"\n'
    far = written(root, f'[tool.gate]\nplatform = "heroku"\n{apps}').plans.promotion
    assert far == PromotionPlan()
    assert far.settle > LOCAL_SETTLE
    own = written(root, "[tool.gate.promotion]\nsettle = 45\n").plans.promotion
    assert own.settle == 45


def test_elsewhere_a_baseline_is_never_guessed(root: Path) -> None:
    """It costs dynos there, and its name may be somebody else's."""
    apps = 'pipeline = "p-p"\nstaging = "s-s"\nproduction = "r-r"\n'
    assert not written(root, f'[tool.gate]\nplatform = "heroku"\n{apps}').baseline


@pytest.mark.parametrize("part", ["staging", "baseline"])
def test_production_is_neither_judged_nor_loaded(root: Path, part: str) -> None:
    """One app has one part: whatever is loaded is not what consumers use."""
    text = f'[tool.gate]\nproduction = "shop"\n{part} = "shop"\n'
    assert any("one app cannot be two" in each for each in mistakes(root, text))


@pytest.mark.parametrize("name", ["Ünïcode näme!", "9", "---", "x" * 60, "My App"])
def test_apps_are_named_after_any_folder(tmp_path: Path, name: str) -> None:
    """Whatever the folder is called, the names are ones that Heroku allows."""
    folder = tmp_path / name
    folder.mkdir()
    settings = load(folder, {})
    again = f'staging = "{settings.staging}"\nproduction = "{settings.production}"'
    assert written(folder, f"[tool.gate]\n{again}") == settings


def test_the_default_policy_answers_for_every_category(root: Path) -> None:
    """Unit and contract block; health, integration and load roll back as well."""
    policy = load(root, {}).to_policy()
    assert set(policy.answers) == set(SUITES)
    back = {c for c, action in policy.answers.items() if action is Action.ROLL_BACK}
    assert back == {Category.HEALTH, Category.INTEGRATION, Category.LOAD}


def test_what_is_written_is_what_counts(root: Path) -> None:
    """Tables become plans, answers become the policy, limits reach the judges."""
    settings = written(
        root,
        """
        [tool.gate]
        platform = "https://api.example.org"
        pipeline = "p-p"
        staging = "s-s"
        production = "r-r"
        [tool.gate.policy]
        health = "block"
        unit = "roll back"
        contract = "block"
        integration = "block"
        load = "block"
        [tool.gate.health]
        path = "/up"
        accept = [200, 204]
        good_rate = 0.5
        [tool.gate.integration]
        components = { pricing = "shop-pricing" }
        """,
    )
    assert not settings.is_local
    assert settings.health == HealthPlan(path="/up", accept=(200, 204), good_rate=0.5)
    assert settings.integration.components == {"pricing": "shop-pricing"}
    policy = settings.to_policy()
    assert policy.answers[Category.UNIT] is Action.ROLL_BACK
    assert policy.answers[Category.HEALTH] is Action.BLOCK
    assert policy.limits.good_rate == 0.5


def test_all_mistakes_are_told_at_once_with_their_places(root: Path) -> None:
    """Unknown key, bad value, missing answer, unknown variable: in one go."""
    told = mistakes(
        root,
        """
        [tool.gate]
        stagin = "shop"
        platform = "ftp://x"
        [tool.gate.health]
        good_rate = 1.5
        accept = []
        [tool.gate.policy]
        health = "promote"
        unit = "block"
        contract = "block"
        load = "block"
        """,
        GATE_HEALTH_PAHT="/x",
    )
    assert len(told) == 7
    for part in (
        "[tool.gate] stagin: no such setting; did you mean staging?",
        "[tool.gate] platform: 'ftp://x'",
        "[tool.gate.health] good_rate: ",
        "[tool.gate.health] accept: ",
        "[tool.gate.policy] health: ",
        "[tool.gate.policy] integration: needs an answer",
        "environment GATE_HEALTH_PAHT: no such setting; did you mean GATE_HEALTH_PATH?",
    ):
        assert any(each.startswith(part) for each in told), (part, told)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('health = "yes"', "health"),
        ("health.probes = 0", "probes"),
        ("health.hold = 1e9", "hold"),
        ("health.accept = [999]", "accept"),
        ("health.good_rate = nan", "good_rate"),
        ('load.users = "many"', "users"),
        ("unit.paths = []", "paths"),
        ('staging = "Not An App"', "staging"),
        ('pipeline = "a"', "pipeline"),
        ("load.false_alarms = 0.5", "false_alarms"),
        ("watch.seconds = -1", "seconds"),
        ("local.hoem = 'x'", "hoem"),
        *(
            each
            for each in (
                ("load.errors = 1", "errors"),
                ("load.latency = inf", "latency"),
                ('health.path = "readyz"', "path"),
            )
        ),
    ],
)
def test_a_value_that_no_judge_could_use_is_refused(
    root: Path, line: str, place: str
) -> None:
    """Before anything runs, and named with its place."""
    assert place in mistakes(root, f"[tool.gate]\n{line}")[0].split(":")[0]


@pytest.mark.parametrize(
    "text",
    [
        "[tool.gate",
        "tool = 5",
        "[tool]\ngate = 5",
        "gate = 1\n[tool]\ngate = []",
    ],
)
def test_a_file_that_holds_no_table_is_refused(root: Path, text: str) -> None:
    """Not TOML, or not a table: a mistake in the settings, not a crash."""
    assert len(mistakes(root, text)) == 1


def test_the_environment_overrides_what_is_written(root: Path) -> None:
    """One variable for each setting; lists by commas, components as name=app."""
    settings = written(
        root,
        '[tool.gate.health]\npath = "/written"\nprobes = 7',
        GATE_HEALTH_PATH="/overridden",
        GATE_HEALTH_ACCEPT="200, 204",
        GATE_UNIT_PATHS="a,b",
        GATE_LOAD_USERS="3",
        GATE_INTEGRATION_COMPONENTS="pricing=shop-pricing,tax=shop-tax",
        GATE_STAGING="shop-next",
        UNRELATED="x",
    )
    assert settings.health.path == "/overridden"
    assert settings.health.probes == 7
    assert settings.health.accept == (200, 204)
    assert settings.unit.paths == ("a", "b")
    assert settings.load.users == 3
    assert settings.integration.components == {
        "pricing": "shop-pricing",
        "tax": "shop-tax",
    }
    assert settings.staging == "shop-next"


def test_bad_values_from_the_environment_are_told_too(root: Path) -> None:
    """Together with those from the file."""
    told = mistakes(root, "[tool.gate]\nx = 1", GATE_LOAD_USERS="many")
    assert len(told) == 2


def test_one_answer_can_be_overridden_by_itself(root: Path) -> None:
    """The other four keep what they were."""
    settings = load(root, {"GATE_POLICY_LOAD": "block"})
    policy = settings.to_policy()
    assert policy.answers[Category.LOAD] is Action.BLOCK
    assert policy.answers[Category.HEALTH] is Action.ROLL_BACK


def test_an_override_inside_of_what_is_no_table_is_a_mistake(root: Path) -> None:
    """Not a crash."""
    assert mistakes(root, "[tool.gate]\nhealth = 5", GATE_HEALTH_PATH="/x")


def test_another_platform_needs_its_apps_named(root: Path) -> None:
    """Nothing real is guessed: each missing name is told."""
    told = mistakes(root, '[tool.gate]\nplatform = "heroku"')
    assert [each.split(":")[0] for each in told] == [
        "[tool.gate] pipeline",
        "[tool.gate] staging",
        "[tool.gate] production",
    ]


def test_a_bad_question_is_told_with_those_that_can_be_asked(root: Path) -> None:
    """All of them at once, each with an example to copy."""
    told = mistakes(
        root,
        """
        [tool.gate.load]
        errors = 0.01
        latency = 0.25
        crashes = "never"
        latncy = 1
        [tool.gate.watch]
        slower = "exclude > 20%"
        """,
        GATE_LOAD_MEMORY="exclude > 1 MB per request",
    )
    for part in (
        '[tool.gate.load] errors: 0.01 is no question; write "exclude > 1%"',
        '[tool.gate.load] latency: 0.25 is no question; write latency.p50 = "exclude ',
        "[tool.gate.load] crashes: 'never' is no question that can be answered; write",
        "[tool.gate.load] latncy: no such setting; did you mean latency?",
        "[tool.gate.watch] slower: 'exclude > 20%' is no question that can be answered",
        "[tool.gate.load] memory: 'exclude > 1 MB per request' is no question that can",
    ):
        assert any(each.startswith(part) for each in told), (part, told)
    assert len(told) == 6


def test_questions_can_be_asked_by_the_environment(root: Path) -> None:
    """As any other setting; those of latency by their own names."""
    plan = load(
        root,
        {"GATE_LOAD_ERRORS": "exclude > 2%", "GATE_LOAD_LATENCY_P95": "not asked"},
    ).load
    assert (plan.errors, plan.latency.p95) == ("exclude > 2%", "not asked")
    assert plan.latency.p50 == Plans().load.latency.p50


def test_a_question_beyond_its_budget_is_refused(root: Path) -> None:
    """Before anything runs: with what would be needed, each by itself."""
    told = mistakes(
        root,
        """
        [tool.gate.load]
        errors = "exclude > 0.01%"
        latency.p50 = "exclude > +3%"
        crashes = "exclude > 1 per 10 min"
        """,
    )
    assert len(told) == 3
    assert all(each.startswith("[tool.gate.load] ") for each in told)
    assert any("59,912 requests" in each for each in told)
    assert any("1,798 s of load" in each for each in told)


UNASKED = """
errors = "not asked"
cpu = "not asked"
memory = "not asked"
crashes = "not asked"
latency = { p50 = "not asked", p95 = "not asked" }
"""


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("workers = 8", "workers: 8 cannot share 4 users: set users to 8 or more, or"),
        ('listen = "nonsense"', "listen: 'nonsense' is not an address, like 127.0.0.1"),
        ('listen = "localhost:0"', "listen: 'localhost:0' is not an address, like"),
        (UNASKED, "nothing is asked of a load run: ask one question at least"),
    ],
)
def test_a_load_that_cannot_be_run_or_judged_is_refused(
    root: Path, stated: str, told: str
) -> None:
    """Before anything runs, with what to change."""
    (mistake,) = mistakes(root, f"[tool.gate.load]\n{stated}")
    assert mistake.startswith(f"[tool.gate.load] {told}")


CHANGES: Mapping[str, str] = {
    "GATE_STAGING": "shop-next",
    "GATE_POLICY_UNIT": "roll back",
    "GATE_HEALTH_PATH": "/up",
    "GATE_HEALTH_GOOD_RATE": "0.9",
    "GATE_UNIT_CHANGED_LINES": "0.5",
    "GATE_CONTRACT_EXAMPLES": "16",
    "GATE_CONTRACT_LEVELS": "path-removed=notice",
    "GATE_INTEGRATION_COMPONENTS": "a=bbb",
    "GATE_LOAD_LATENCY_P50": "exclude > +40%",
    "GATE_WATCH_SECONDS": "9",
    "GATE_LOCAL_HOME": "elsewhere",
}
ANSWERS = "\n".join(
    f'{name} = "block"'
    for name in ("health", "unit", "contract", "integration", "load")
)


@settings(max_examples=15)
@given(st.sets(st.sampled_from(sorted(CHANGES))))
def test_the_digest_names_everything_that_is_set(
    tmp_path_factory: pytest.TempPathFactory, changed: set[str]
) -> None:
    """Any other setting gives another digest, the same settings the same."""
    folder = tmp_path_factory.mktemp("shop")
    text = f'[tool.gate]\npipeline = "shop"\n[tool.gate.policy]\n{ANSWERS}'
    plain = written(folder, text)
    some = written(folder, text, **{name: CHANGES[name] for name in changed})
    again = written(folder, text, **{name: CHANGES[name] for name in changed})
    assert some.digest() == again.digest()
    assert (some.digest() == plain.digest()) == (not changed)


def test_the_digest_does_not_depend_on_the_order_of_keys(root: Path) -> None:
    """Two files that say the same have one digest."""
    lines = ["[tool.gate.health]", "probes = 7", "hold = 2.0"]
    one = written(root, "\n".join(lines))
    other = written(root, "\n".join((lines[0], lines[2], lines[1])))
    assert one.digest() == other.digest()


def test_digests_tell_answers_apart(root: Path) -> None:
    """A verdict under another policy is another verdict."""
    settings = load(root, {})
    other = replace(settings, policy=replace(settings.policy, unit="roll back"))
    assert other.digest() != settings.digest()


def test_the_local_platforms_time_is_stated_in_positive_numbers(root: Path) -> None:
    """Which timers there are, the platform knows."""
    text = "[tool.gate.local]\ntime_scale = 0.1\n[tool.gate.local.timers]\nmetrics = 2"
    local = written(root, text).local
    assert (local.time_scale, local.timers) == (0.1, {"metrics": 2.0})
    assert written(root, "", GATE_LOCAL_TIME_SCALE="2").local.time_scale == 2
    set_by_name = written(root, "", GATE_LOCAL_TIMERS="metrics=2, boot=3")
    assert set_by_name.local.timers == {"metrics": 2.0, "boot": 3.0}
    told = mistakes(
        root,
        "[tool.gate.local]\ntime_scale = 0\n[tool.gate.local.timers]\nmetrics = -1\n"
        "boot = inf\nexit = nan",
    )
    assert len(told) == 4


@pytest.mark.parametrize("folder", [".", "app", "services/orders", "./a b/"])
def test_the_app_may_be_in_any_folder_of_the_repository(
    root: Path, folder: str
) -> None:
    """Named in the settings or in the environment."""
    (root / "pyproject.toml").write_text(f'[tool.gate]\napp_root = "{folder}"\n')
    assert load(root, {}).app_root == folder
    assert load(root, {"GATE_APP_ROOT": "other"}).app_root == "other"


@pytest.mark.parametrize(
    "folder", ["", "/srv/app", "..", "a/../b", "../other", "a\\b", "C:app", "a\nb"]
)
def test_the_app_cannot_be_outside_of_the_repository(root: Path, folder: str) -> None:
    """Nor under a name that means something else to git."""
    with pytest.raises(SettingsInvalid) as caught:
        load(root, {"GATE_APP_ROOT": folder})
    assert "app_root: " in caught.value.mistakes[0]
    assert "is not a folder of the repository" in caught.value.mistakes[0]


CONTRACT = """
[tool.gate.contract]
never = ["DELETE /orders/{id}"]
hooks = "tests_contract/hooks.py"
[tool.gate.contract.levels]
response-enum-value-added = "may break"
[tool.gate.contract.headers]
Authorization = "ORDERS_TOKEN"
[[tool.gate.contract.accept]]
rule = "path-removed"
operation = "GET /orders"
reason = "nobody calls it"
until = 2026-12-31
"""


def test_the_contract_is_graded_and_accepted_by_rule(root: Path) -> None:
    """With a reason and a last day; a verdict's digest names it all."""
    settings = written(root, CONTRACT)
    plan = settings.contract
    assert plan.levels == {"response-enum-value-added": "may break"}
    assert plan.accept == (
        Acceptance(
            "path-removed", "nobody calls it", date(2026, 12, 31), "GET /orders"
        ),
    )
    later = written(root, CONTRACT.replace("2026-12-31", "2027-12-31"))
    assert later.digest() != settings.digest()


def test_rules_of_a_run_can_be_graded_and_accepted_too(root: Path) -> None:
    """Not only those of documents."""
    text = CONTRACT.replace("path-removed", "response-schema-conformance")
    assert written(root, text).contract.accept[0].operation == "GET /orders"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (
            "path-removed",
            "path-remvoed",
            "path-remvoed: no such rule; did you mean path-",
        ),
        ("enum-value-added =", "enum-added-value =", "no such rule; did you mean"),
        ('"may break"', '"warning"', "levels] response-enum-value-added: "),
        ("until = 2026-12-31", "", "until: needs to be stated"),
        ("until = 2026-12-31", 'until = "next week"', "until: "),
        ("until =", "untill =", "untill: no such setting; did you mean until?"),
        ('"nobody calls it"', '""', "reason: "),
        (
            '"tests_contract/hooks.py"',
            '"../hooks.py"',
            "hooks: '../hooks.py' is not a file",
        ),
    ],
)
def test_a_mistake_in_the_contract_is_named(
    root: Path, right: str, wrong: str, told: str
) -> None:
    """With its place, and what was probably meant."""
    assert right in CONTRACT
    assert any(told in each for each in mistakes(root, CONTRACT.replace(right, wrong)))


def test_a_secret_written_where_a_variable_belongs_is_not_repeated(root: Path) -> None:
    """It would end in a log; the header is named, and what to do."""
    (told,) = mistakes(root, CONTRACT.replace("ORDERS_TOKEN", "Bearer hunter2-hunter2"))
    assert "[tool.gate.contract.headers] Authorization: needs the name of an" in told
    assert "hunter2" not in told


def test_the_simple_contract_settings_can_come_from_the_environment(root: Path) -> None:
    """Pairs and lists as elsewhere; acceptances need a file."""
    plan = written(
        root,
        "",
        GATE_CONTRACT_LEVELS="path-removed=notice, undecided=may break",
        GATE_CONTRACT_NEVER="DELETE /orders, POST /refunds",
        GATE_CONTRACT_HEADERS="X-Key=SHOP_KEY",
        GATE_CONTRACT_UNSAFE="false",
        GATE_CONTRACT_SECONDS="5",
    ).contract
    assert plan.levels == {"path-removed": "notice", "undecided": "may break"}
    assert plan.never == ("DELETE /orders", "POST /refunds")
    assert plan.headers == {"X-Key": "SHOP_KEY"}
    assert (plan.unsafe, plan.seconds) == (False, 5)
    (told,) = mistakes(root, "", GATE_CONTRACT_ACCEPT="path-removed")
    assert told == "environment GATE_CONTRACT_ACCEPT: can be set in pyproject.toml only"


def test_the_contract_alone_is_read_from_any_folder_below(root: Path) -> None:
    """The nearest project that has a gate counts; what else it sets does not."""
    (root / "pyproject.toml").write_text(f"{CONTRACT}[tool.gate.health]\nprobes = 0\n")
    inner = root / "packages" / "client"
    inner.mkdir(parents=True)
    (root / "packages" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    variables = {"GATE_STAGIN": "x", "GATE_CONTRACT_SEED": "3"}
    plan = contract_plan(inner, variables)
    assert (plan.seed, len(plan.accept)) == (3, 1)


def test_a_level_is_spelt_as_in_reports_or_as_in_options(root: Path) -> None:
    """In the file and in the environment; there is one word for it."""
    levels = '[tool.gate.contract.levels]\npath-removed = "may-break"\n'
    (root / "pyproject.toml").write_text(levels)
    plan = contract_plan(root, {"GATE_CONTRACT_DECLARED_ONLY": "may-break"})
    assert (plan.levels, plan.declared_only) == (
        {"path-removed": "may break"},
        "may break",
    )


def test_mistakes_in_the_contract_alone_are_named_as_well(root: Path) -> None:
    """With the same places."""
    (root / "pyproject.toml").write_text(CONTRACT.replace("path-rem", "path-mer"))
    with pytest.raises(SettingsInvalid) as caught:
        contract_plan(root, {"GATE_CONTRACT_SEDE": "3"})
    assert len(caught.value.mistakes) == 2
    for each in caught.value.mistakes:
        assert "did you mean" in each


def test_the_readme_shows_settings_that_hold(root: Path) -> None:
    """What it says about the contract and about load can be copied."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    blocks = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    shown = [written(root, each) for each in blocks]
    assert len(shown) >= 2
    assert any(each.contract.declared_only == "may break" for each in shown)
    assert any(each.contract.headers for each in shown)
    assert any(each.contract.accept and each.contract.levels for each in shown)
    assert all(each.load == LoadPlan() for each in shown)
