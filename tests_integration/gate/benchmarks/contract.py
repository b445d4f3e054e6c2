"""What a comparison of two documents costs as they grow: seconds, memory, exponent.

Compares growing slices of two documents: the first operations, and the components that
they reach.  Prints operations, size, seconds of CPU (parsing included, the best of a few
rounds) and peak memory of each slice, each in a process of its own, and the exponent of
growth with the operations: 1 is linear.  Exits 1 if the exponent is above 1.3, or if 50
operations take 0.3 s or longer.

    python tests_integration/gate/benchmarks/contract.py [OLD.json NEW.json]

Without documents it makes a pair up; they may be compressed (.json.xz).
"""

import copy
import json
import lzma
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gate.openapi import compare, parse

SIZES = (10, 50, 100, 200, 400, 800)
ROUNDS = 3
MOST_EXPONENT = 1.3
SMALL, MOST_SECONDS = 50, 0.3
Json = dict[str, Any]


def generated(operations: int) -> tuple[Json, Json]:
    """A shop of many resources, and the same with a change in every fourth of them."""
    old: Json = {"openapi": "3.1.0", "info": {"title": "shop", "version": "1"}}
    old |= {"paths": {}, "components": {"schemas": {}}}
    for number in range(math.ceil(operations / 4)):
        name = f"Resource{number}"
        one = {"$ref": f"#/components/schemas/{name}"}
        answer = {"200": {"description": "ok", "content": as_json(one)}}
        listed = {"type": "array", "items": one}
        many = {"200": {"description": "ok", "content": as_json(listed)}}
        identity = {"name": "id", "in": "path", "required": True}
        identity["schema"] = {"type": "string", "format": "uuid"}
        body = {"content": as_json(one), "required": True}
        old["paths"][f"/r{number}"] = {
            "get": {"responses": many, "parameters": [limit()]},
            "post": {"responses": answer, "requestBody": body},
        }
        old["paths"][f"/r{number}/{{id}}"] = {
            "parameters": [identity],
            "get": {"responses": answer},
            "put": {"responses": answer, "requestBody": body},
        }
        old["components"]["schemas"][name] = resource_schema(number)
    new = copy.deepcopy(old)
    for number in range(0, len(new["components"]["schemas"]), 4):
        schema = new["components"]["schemas"][f"Resource{number}"]
        schema["properties"]["state"]["enum"].append("archived")
        schema["properties"]["note"]["maxLength"] = 100
    return old, new


def as_json(schema: Json) -> Json:
    """The content of a JSON body."""
    return {"application/json": {"schema": schema}}


def limit() -> Json:
    """The parameter of a page's length."""
    schema = {"type": "integer", "minimum": 1, "maximum": 100}
    return {"name": "limit", "in": "query", "schema": schema}


def resource_schema(number: int) -> Json:
    """An object with twenty fields, one of which is the first resource of its eight."""
    first = {"$ref": f"#/components/schemas/Resource{number - number % 8}"}
    fields: Json = {f"field{n}": {"type": "string", "maxLength": n} for n in range(17)}
    fields["state"] = {"type": "string", "enum": ["draft", "open", "paid"]}
    fields["note"] = {"type": "string", "maxLength": 200}
    fields["first"] = first
    return {"type": "object", "properties": fields, "required": ["field1", "state"]}


def slices(old: Json, new: Json, operations: int) -> tuple[Json, Json, int]:
    """The first operations of both; returns also how many the old slice has."""
    kept: Json = {}
    count = 0
    for path, item in old["paths"].items():
        if count >= operations:
            break
        kept[path] = item
        count += sum(
            isinstance(each, dict) and "responses" in each for each in item.values()
        )
    twin = {path: item for path, item in new["paths"].items() if path in kept}
    return sliced(old, kept), sliced(new, twin), count


def sliced(document: Json, paths: Json) -> Json:
    """A document with these paths, and the components that they reach."""
    small = {**document, "paths": paths, "components": {}}
    waiting: list[Any] = [paths]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            waiting += here.values()
            reference = here.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/components/"):
                kind, name = reference.removeprefix("#/components/").split("/")[:2]
                some = small["components"].setdefault(kind, {})
                if name not in some:
                    some[name] = document["components"][kind][name]
                    waiting.append(some[name])
    schemes = document.get("components", {}).get("securitySchemes")
    if schemes:
        small["components"]["securitySchemes"] = schemes
    return small


def measure(old: Path, new: Path) -> Json:
    """The best of a few rounds, and this process's peak of memory in MB."""
    texts = old.read_bytes(), new.read_bytes()
    seconds, changes = [], 0
    for _ in range(ROUNDS):
        began = time.process_time()
        changes = len(compare(parse(texts[0]), parse(texts[1])))
        seconds.append(time.process_time() - began)
    return {"seconds": min(seconds), "megabytes": peak(), "changes": changes}


def peak() -> float:
    """The most memory of this process; getrusage would count its parent's as well."""
    status = Path("/proc/self/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measured(old: Json, new: Json, folder: Path) -> Json:
    """One slice, in a process of its own."""
    paths = folder / "old.json", folder / "new.json"
    for path, document in zip(paths, (old, new), strict=True):
        path.write_text(json.dumps(document))
    child = [sys.executable, __file__, "--one", *map(str, paths)]
    told = subprocess.run(child, capture_output=True, text=True, check=True)
    size = sum(path.stat().st_size for path in paths) / 1e6
    return {"size": size, **json.loads(told.stdout)}


def exponent(points: list[tuple[int, float]]) -> float:
    """The slope of a line through the logarithms, by least squares."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    middle_x = sum(x for x, _ in logs) / len(logs)
    middle_y = sum(y for _, y in logs) / len(logs)
    across = sum((x - middle_x) ** 2 for x, _ in logs)
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / across


def read(path: Path) -> Json:
    """A document, compressed or not."""
    octets = path.read_bytes()
    found: Json = json.loads(
        lzma.decompress(octets) if path.suffix == ".xz" else octets
    )
    return found


def main(documents: list[Path]) -> int:
    """Measure all slices; returns the exit code."""
    old, new = map(read, documents) if documents else generated(max(SIZES))
    points: list[tuple[int, float]] = []
    small = 0.0
    print("operations   MB in   seconds   MB used   changes")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            before, after, count = slices(old, new, size)
            if points and count < size:
                break
            found = measured(before, after, Path(folder))
            points.append((count, found["seconds"]))
            small = found["seconds"] if size == SMALL else small
            print(
                f"{count:10} {found['size']:7.2f} {found['seconds']:9.3f} "
                f"{found['megabytes']:9.0f} {found['changes']:9}"
            )
    growth = exponent(points)
    good = growth <= MOST_EXPONENT and small < MOST_SECONDS
    print(
        f"seconds grow with operations to the {growth:.2f} (at most {MOST_EXPONENT}); "
        f"{SMALL} operations took {small:.3f} s (below {MOST_SECONDS}): "
        f"{'ok' if good else 'MISSED'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(*map(Path, sys.argv[2:]))))
        sys.exit(0)
    sys.exit(main([Path(each) for each in sys.argv[1:]]))
