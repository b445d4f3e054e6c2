"""``gate local env``: Heroku's own command line, on the platform here."""

import os
import shlex

import click

from gate.cli.telling import example, house, json_option
from gate.local import local_shell
from gate.reports.machine import as_json as to_json

# Not `eval "$(…)"` alone: it succeeds when nothing was printed, and the command that
# follows would reach the real service with one's own token.
_EXAMPLE = """\
(env=$(python -m gate local env) && eval "$env" && heroku ps -a orders-staging)"""


@click.command(epilog=example(f"python -m gate local env\n  {_EXAMPLE}"))
@json_option
def env(*, as_json: bool) -> None:
    """Print what a shell needs so that Heroku's own CLI talks to this platform.

    To be evaluated by a POSIX shell, best one in parentheses, which ends with the
    commands: HOME becomes a folder of the platform's, which also holds the token,
    and proxies lead nowhere.  Your own ~/.netrc and ~/.config stay as they are.
    Keep to the example's form: nothing runs then unless all of it was printed.

    One command asks api.heroku.com whatever it is told: heroku mcp:start.  It has
    no token of yours here, but do not use it.
    """
    try:
        shell = local_shell(house(), os.environ)
    except BaseException:
        if not as_json:  # or the shell would go on, and to the real service
            click.echo("false")
        raise
    if as_json:
        document = {"schema": 1, "set": shell.variables, "unset": shell.unset}
        click.echo(to_json(document))
        return
    click.echo(f"unset {' '.join(shell.unset)}")
    for name, value in shell.variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
