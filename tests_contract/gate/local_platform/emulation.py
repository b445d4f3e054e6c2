"""Which documented links the platform serves: `python -m` this rewrites the table."""

import sys
from pathlib import Path

import gate.local_platform
from gate.local_platform.api.application import routes
from tests_contract.gate.local_platform.hyper_schema import (
    HyperSchema,
    Link,
    anonymous,
    located,
)

TABLE = Path(gate.local_platform.__file__).with_name("EMULATION.md")
REFUSED = {("GET", "/account/features/{}")}  # always 404: no account has one here
HEAD = """# What of Heroku's Platform API the local platform serves

Made from Heroku's schema and the platform's routes; a test fails when it is out of
date. To make it again: `python -m tests_contract.gate.local_platform.emulation`.

{served} of {all} documented links are served. What is not an API call and not
emulated is listed in `__init__.py`.

Heroku does not have this: dynos with `log-runtime-metrics` write one more line for each
sample, `source=web.1 dyno=… sample#cpu_total=12.34s`, the CPU seconds (user and system)
that all their processes have used since they came up.

| resource | served | not emulated |
| --- | --- | --- |
"""


def served(schema: HyperSchema) -> list[Link]:
    """The documented links that the platform answers."""
    ours = {
        (route.method, anonymous(route.path))  # type: ignore[attr-defined]
        for route in routes()
    }
    ours -= REFUSED
    return [link for link in schema.links if (link.method, link.template) in ours]


def table(schema: HyperSchema) -> str:
    """The document: a row for each resource of which something is served."""
    ours = served(schema)
    rows, nothing = [], []
    for resource in dict.fromkeys(link.resource for link in schema.links):
        mine = [link for link in schema.links if link.resource == resource]
        yes = [link.title for link in mine if link in ours]
        no = [link.title for link in mine if link not in ours]
        if yes:
            rows.append(f"| {resource} | {', '.join(yes)} | {', '.join(no)} |\n")
        else:
            nothing.append(resource)
    head = HEAD.format(served=len(ours), all=len(schema.links))
    return head + "".join(rows) + f"\nNothing is served of: {', '.join(nothing)}.\n"


if __name__ == "__main__":
    path = located()
    if path is None:
        sys.exit("Heroku's schema is not on this machine")
    TABLE.write_text(table(HyperSchema.read(path)))
