"""Few lines of a log's end, and the right ones."""

from gate.judges.last_words import MOST_LINES, last_words

AT = "2025-01-02T03:04:05.678901+00:00"
GUNICORN = f"""\
{AT} heroku[web.1]: Starting process with command `gunicorn app:app`
{AT} app[web.1]: [1] [ERROR] Exception in worker process
{AT} app[web.1]: Traceback (most recent call last):
{AT} app[web.1]:   File "arbiter.py", line 589, in spawn_worker
{AT} app[web.1]:     worker.init_process()
{AT} app[web.1]:   File "app.py", line 3, in <module>
{AT} app[web.1]:     import flask_login
{AT} app[web.1]:     ^^^^^^^^^^^^^^^^^^
{AT} app[web.1]: ModuleNotFoundError: No module named 'flask_login'
{AT} app[web.1]: [1] [INFO] Worker exiting (pid: 7)
{AT} app[web.1]: [1] [ERROR] Shutting down: Master
{AT} app[web.1]: [1] [ERROR] Reason: Worker failed to boot.
{AT} heroku[web.1]: Process exited with status 3
{AT} heroku[web.1]: State changed from starting to crashed
""".splitlines()


def test_an_exception_is_told_with_where_it_was_raised_and_how_all_ended() -> None:
    """What a server says after it, and marks below code, would only hide it."""
    assert last_words(GUNICORN).splitlines() == [
        'app[web.1]:   File "arbiter.py", line 589, in spawn_worker',
        "app[web.1]:     worker.init_process()",
        'app[web.1]:   File "app.py", line 3, in <module>',
        "app[web.1]:     import flask_login",
        "app[web.1]: ModuleNotFoundError: No module named 'flask_login'",
        "heroku[web.1]: Process exited with status 3",
    ]


def test_the_last_of_several_exceptions_is_told() -> None:
    """A chain ends with what was not caught; a second start is newer than the first."""
    later = [line.replace("flask_login", "flask_wtf") for line in GUNICORN]
    told = last_words([*GUNICORN, *later])
    assert "flask_wtf" in told
    assert "flask_login" not in told


def test_without_an_exception_the_last_lines_tell() -> None:
    """But for the dyno manager's routine."""
    lines = [f"{AT} app[web.1]: line {n}" for n in range(20)]
    error = f"{AT} heroku[web.1]: Error R10 (Boot timeout) -> Web process failed"
    routine = f"{AT} heroku[web.1]: State changed from starting to crashed"
    told_of = f"{AT} heroku[web.1]: source=web.1 dyno=heroku.7.ab12 sample"
    metrics = [f"{told_of}#memory_rss=80.00MB", f"{told_of}#cpu_total=1.20s"]
    told = last_words([*lines, error, *metrics, routine]).splitlines()
    assert len(told) == MOST_LINES
    assert told[-2:] == ["app[web.1]: line 19", error.partition(" ")[2]]


def test_silence_is_told_as_silence() -> None:
    """No log, no words."""
    assert last_words(()) == ""
