"""The load suite on the local platform: false alarms, time to stop, samples without loss.

The example app runs twice, side by side; `load_rig` gives one of them a fault.

    python -m tests_integration.gate.benchmarks.load_live [--runs N] [--only PART …]

Parts: ``same`` compares the release with itself N times with the default questions,
and prints alarms, passes, seconds and what was decided last; ``faults`` prints how
long each fault was loaded until it was stopped, and by what; ``rate`` drives a trivial
server at 2,000 requests a second and counts what was lost. Exits 1 where a release
was called worse than itself, a fault was missed, or a sample was lost.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gate.model.evidence import LoadEvidence
from gate.model.load_questions import asked_of
from gate.model.plan import LoadPlan, Plans
from gate.stats.answer import Answer
from gate.stats.asked import Asked
from gate.stats.events import Flow, Tick
from gate.stats.monitor import Monitor, monitored
from gate.suites.load.collecting import collect_load
from gate.suites.run_folder import RunFolder
from tests_integration.gate.suites.load.rig import FAULTS, Rig, rigged
from tests_unit.gate.fakes.good_run import subject

PLAN = LoadPlan(file="shoppers.py")
ARRIVALS = 1000.0  # flows a second, each two requests
LOADED = 10.0
PARTS = ("same", "faults", "rate")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
SCENARIO = """
from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task
    def look(self):
        self.client.get("/")
"""


def same(rig: Rig, runs: int) -> bool:
    """Compare the release with itself; whether it was never called worse."""
    alarms = passes = 0
    seconds: list[float] = []
    for number in range(1, runs + 1):
        seen = rig.run("", PLAN)
        alarms += seen.stopped == "worse"
        passes += seen.stopped == "not worse"
        seconds.append(load_seconds(seen))
        print(f"same {number:3}  {line(seen)}  decided: {decided(seen)}", flush=True)
    print(
        f"same: {alarms} alarms and {passes} passes in {runs} runs, "
        f"median {statistics.median(seconds):.1f} s of load"
    )
    return not alarms


def faults(rig: Rig) -> bool:
    """Load each fault; whether all were found."""
    found = True
    for fault in FAULTS:
        seen = rig.run(fault, PLAN)
        found &= seen.stopped == "worse"
        print(f"{fault:20} {line(seen)}  by: {worse(seen)}", flush=True)
    return found


def line(seen: LoadEvidence, plan: LoadPlan = PLAN) -> str:
    """How a run ended, in short."""
    flows = sum(isinstance(each, Flow) for each in seen.events)
    told = seen.stopped or seen.trouble
    busy = f"generator {seen.generator.busy:.2f} busy, {seen.generator.late:.1%} late"
    return f"{told:10} {load_seconds(seen, plan):5.1f} s {flows:6} flows  {busy}"


def load_seconds(seen: LoadEvidence, plan: LoadPlan = PLAN) -> float:
    """From the first flow to the answer."""
    return monitored(seen.events, asked(seen, plan)).at


def worse(seen: LoadEvidence) -> str:
    """What was found worse."""
    readings = monitored(seen.events, asked(seen)).readings
    return (
        ", ".join(r.metric for r in readings if r.answer is Answer.WORSE) or "nothing"
    )


def decided(seen: LoadEvidence) -> str:
    """When each metric was decided, in seconds, the last one last."""
    monitor = Monitor(asked(seen))
    when: dict[str, float] = {}
    for event in seen.events:
        answer = monitor.feed(event)
        if isinstance(event, Tick) or answer is not Answer.UNDECIDED:
            for reading in monitor.result().readings:
                if reading.answer is not Answer.UNDECIDED:
                    when.setdefault(reading.metric, event.at)
        if answer is not Answer.UNDECIDED:
            break
    open_ones = [m for m in monitor.asked.metrics() if m not in when]
    told = [f"{metric} {at:.1f}" for metric, at in when.items()]
    return ", ".join([*told, *(f"{metric} open" for metric in open_ones)])


def asked(seen: LoadEvidence, plan: LoadPlan = PLAN) -> Asked:
    """What a run was asked."""
    return asked_of(plan, paired=seen.paired, history=seen.history, first=seen.first)


def rate(folder: Path) -> bool:
    """Drive a trivial server hard; whether no sample was lost."""
    (folder / "visitors.py").write_text(SCENARIO)
    plan = LoadPlan(
        file="visitors.py",
        serial=1.0,
        longest=LOADED,
        users=16,
        arrivals=ARRIVALS,
        most_requests=1_000_000,
        crashes="exclude > 1 per 1 h",  # so that it is not known before the time is up
    )
    command = [sys.executable, "-m", __spec__.name, "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            run = RunFolder(folder / "rate")
            about = subject(url, control_url=url)
            run.prepare(about, Plans(load=plan))
            began = time.process_time()
            seen = collect_load(about, plan, folder, run)
            used = time.process_time() - began
        finally:
            server.terminate()
    flows = [each for each in seen.events if isinstance(each, Flow)]
    loaded = [each for each in flows if each.users > 1]
    numbers = sorted(each.number for each in flows)
    lost = numbers[-1] + 1 - len(set(numbers)) if numbers else 1
    span = loaded[-1].at - loaded[0].at if loaded else 1.0
    print(
        f"rate: {2 * len(loaded) / span:.0f} requests/s, {lost} flows lost, "
        f"{line(seen, plan)}, the gate's own share of a core {used / seen_for(seen):.1%}"
    )
    return not lost


def seen_for(seen: LoadEvidence) -> float:
    """How long it took, in seconds."""
    return max(seen.ended - seen.began, 0.001)


async def serve() -> None:
    """Answer everything with "ok", until this process is ended."""

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> int:
    """Measure what was asked for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.serve:
        asyncio.run(serve())
    good = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "rate" in wanted.only:
            good.append(rate(folder))
        if {"same", "faults"} & set(wanted.only):
            with rigged(folder) as rig:
                if "same" in wanted.only:
                    good.append(same(rig, wanted.runs))
                if "faults" in wanted.only:
                    good.append(faults(rig))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
