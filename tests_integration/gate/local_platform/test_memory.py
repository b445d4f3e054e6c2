"""Memory and CPU: samples of what dynos use, and what happens above the quota."""

import re
from typing import Any

HOG = """
import sys, time
held = b"x" * (int(sys.argv[1]) << 20)
print("grown", flush=True)
time.sleep(600)
"""


def test_memory_is_measured_and_told(client: Any) -> None:
    """Lines as log-runtime-metrics writes them, from the real processes."""
    app = client.app()
    path = f"/apps/{app}/features/log-runtime-metrics"
    client.do("PATCH", path, {"enabled": True})
    client.deploy(app)
    begin = r"heroku\[web\.1\]: source=web\.1 dyno=heroku\.\d+\.([0-9a-f-]{36}) "
    load = re.compile(
        begin + r"sample#load_avg_1m=\d+\.\d\d sample#load_avg_5m=\d+\.\d\d "
        r"sample#load_avg_15m=\d+\.\d\d$",
        re.MULTILINE,
    )
    memory = re.compile(
        begin + r"sample#memory_total=(\d+\.\d\d)MB sample#memory_rss=(\d+\.\d\d)MB "
        r"sample#memory_cache=\d+\.\d\dMB sample#memory_swap=\d+\.\d\dMB "
        r"sample#memory_pgpgin=\d+pages sample#memory_pgpgout=\d+pages "
        r"sample#memory_quota=512\.00MB$",
        re.MULTILINE,
    )
    found = client.until(lambda: memory.search(client.log(app)))
    assert found[1] == client.web(app, "up")["id"]
    assert 1 < float(found[3]) <= float(found[2]) < 512
    assert load.search(client.log(app))
    cpu = re.compile(begin + r"sample#cpu_total=(\d+\.\d\d)s$", re.MULTILINE)
    told = [float(found[2]) for found in cpu.finditer(client.log(app))]
    assert told and told == sorted(told) and told[-1] > 0


def test_metrics_are_switched_on_and_dynos_restarted(client: Any) -> None:
    """As on Heroku: off at first, and a dyno is what it was when it started."""
    app = client.app()
    path = f"/apps/{app}/features/log-runtime-metrics"
    assert client.do("GET", path)["enabled"] is False
    client.deploy(app, client.files(worker="exec sleep 600") | {"requirements.txt": ""})
    client.do("PATCH", f"/apps/{app}/formation/worker", {"quantity": 1})
    client.until(lambda: "to up" in client.log(app, dyno="worker"))
    client.web(app, "up")
    client.do("PATCH", path, {"enabled": True})
    client.do("DELETE", f"/apps/{app}/dynos/worker.1")
    told = "source=worker.1 dyno="
    client.until(lambda: client.log(app).count(told) >= 4)  # so web.1 had its turns
    assert "source=web.1 dyno=" not in client.log(app)


def test_a_dyno_far_above_its_quota_is_killed(client: Any) -> None:
    """R14 is said above the quota; at twice that, R15, SIGKILL, crashed."""
    app = client.app()
    files = client.files(worker="python hog.py 600", hog="python hog.py 1100")
    client.deploy(app, files | {"hog.py": HOG, "requirements.txt": ""})
    client.do("PATCH", f"/apps/{app}/formation/worker", {"quantity": 1})
    over = r"heroku\[worker\.1\]: Process running mem=6\d\dM\(1\d\d\.\d%\)\n.*"
    r14 = re.compile(over + r"heroku\[worker\.1\]: Error R14 \(Memory quota exceeded\)")
    client.until(lambda: r14.search(client.log(app, dyno="worker")))
    assert "R15" not in client.log(app)
    client.do("PATCH", f"/apps/{app}/formation/worker", {"quantity": 0})
    client.do("PATCH", f"/apps/{app}/formation/hog", {"quantity": 1})
    dead = "State changed from up to crashed"
    client.until(lambda: dead in client.log(app, dyno="hog"))
    client.do("PATCH", f"/apps/{app}/formation/hog", {"quantity": 0})
    log = client.log(app, dyno="hog", source="heroku").splitlines()
    lines = [line.partition("]: ")[2] for line in log if "sample#" not in line]
    at = lines.index(dead)
    assert re.fullmatch(r"Process running mem=\d+M\(2\d\d\.\d%\)", lines[at - 4])
    assert lines[at - 3 : at] == [
        "Error R15 (Memory quota vastly exceeded)",
        "Stopping process with SIGKILL",
        "Process exited with status 137",
    ]
