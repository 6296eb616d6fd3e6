"""start: how long a command line takes that has nothing to do."""

import statistics

from measure import Command, take_turns
from peers import Absent, need


def measure(report, place, build, rounds):
    report.begin("start", "start: commands that have nothing to do")
    with place.stack(build) as stack:
        stack.start()
        commands = [
            Command("stave version", stack.command("version")),
            Command("stave version --client", stack.command("version", "--client")),
        ]
        try:
            commands.append(Command("docker --version", [need("docker"), "--version"]))
        except Absent as error:
            report.absent("docker --version", str(error))
        samples = take_turns(commands, rounds, 0.01)
    for name, seconds in samples.items():
        note = "asks the daemon too" if name == "stave version" else ""
        report.figure(name, seconds, "ms", note)
    median = statistics.median(samples["stave version"])
    report.target("`stave version`", median * 1e3, 5, unit="ms")
