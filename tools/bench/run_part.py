"""run: one short container, from the command's start until it is gone again."""

from measure import Command, ratio, take_turns
from peers import Absent, Crun, Docker, Floor, Podman

PAUSE = 0.1
IMAGE = "busybox:test"


def _peer(report, name, make):
    try:
        return make()
    except Absent as error:
        report.absent(name, str(error))
        return None


def measure(report, place, build, rounds):
    report.begin("run", "run: a container that runs `true`, from the command to its end and removal")
    place.complete_cgroups()
    floor = Floor(place, build)
    crun = _peer(report, "crun run", lambda: Crun(place))
    podman = _peer(report, "podman run", lambda: Podman(place))
    docker = _peer(report, "docker run", lambda: Docker(place))
    try:
        with place.stack(build) as stack:
            stack.start()
            stack("load", "-i", place.archive)
            _take(report, stack, floor, crun, docker, podman, place, rounds)
    finally:
        if docker:
            docker.close()


def _take(report, stack, floor, crun, docker, podman, place, rounds):
    commands = [
        Command("floor", floor.run_true),
        Command("stave run --rm", stack.command("run", "--rm", IMAGE, "true")),
    ]
    notes = {
        "floor": "the kernel's share: namespaces, cgroups, overlay, exec",
        "stave run --rm": "with network, log and filter, through all plug-ins",
    }
    if crun:
        commands.append(Command("crun run", crun.run_true))
        notes["crun run"] = f"{crun.version}; prepared bundle, cgroupfs, no network"
    if podman:
        commands.append(Command("podman run --rm", podman.run_true))
        notes["podman run --rm"] = podman.version + ", with its default network"
    if docker:
        docker.load(place.archive)
        commands.append(Command("docker run --rm", docker.run_true))
        notes["docker run --rm"] = docker.version + ", default bridge"
    samples = take_turns(commands, rounds, PAUSE)
    for name, seconds in samples.items():
        report.figure(name, seconds, "ms", notes[name])
    ours = samples["stave run --rm"]
    if crun:
        report.target("faster than bare `crun run`", ratio(ours, samples["crun run"]), 1)
    report.target("near the floor", ratio(ours, samples["floor"]), 2.5)
