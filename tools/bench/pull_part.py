"""pull: an image of 300 MB and 15,000 files from a registry on this machine, unpacked and ready to run."""

import os
import shutil
import subprocess

import big_image
from measure import CannotRun, Command, ratio, take_turns
from peers import Absent, Docker, need
from place import unmount_below
from registry import Registry
from stack import Stack, wait_until

ROUNDS = 5


def _forget_in_stave(stack, name):
    """Without the image's layers and blobs: the next pull has everything to do."""
    stack.run_stave("rmi", name, check=False)
    blobs = os.path.join(stack.root, "plugins", "content-local")
    wait_until(lambda: _bytes_below(blobs) < 1 << 20, "the blobs to go", timeout=60)
    os.sync()


def _bytes_below(top):
    total = 0
    for folder, _, names in os.walk(top):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                pass
    return total


def _forget_in_docker(docker, name):
    subprocess.run(docker.command("rmi", "-f", name), capture_output=True)
    os.sync()


class Skopeo:
    """Into a containers-storage of its own, which unpacks as podman does."""

    def __init__(self, place, name):
        self.program = need("skopeo")
        self.place, self.name = place, name

    def forget(self):
        unmount_below(self.place.path("skopeo"))
        shutil.rmtree(self.place.path("skopeo"), ignore_errors=True)
        os.sync()

    def pull(self, turn):
        home = self.place.path("skopeo")
        return [
            self.program, "--insecure-policy", "copy", "--quiet", "--src-tls-verify=false",
            f"docker://{self.name}", f"containers-storage:[overlay@{home}/root+{home}/run]localhost/big:1",
        ]


def measure(report, place, build, rounds):
    report.begin("pull", "pull: 300 MB compressed, 15,000 files, 3 layers, from a registry on 127.0.0.1")
    layout = big_image.layout(os.path.join(os.path.dirname(build), "bench"))
    if shutil.which("docker-registry") is None:
        raise CannotRun("docker-registry is not installed; `tools/dev setup` installs it")
    docker = None
    try:
        docker = Docker(place)
    except Absent as error:
        report.absent("docker pull", str(error))
    try:
        with Registry() as registry, Stack(build) as stack:
            name = registry.push_layout(layout, big_image.TAG, "bench/big:1")
            stack.start()
            _take(report, place, stack, docker, name, min(rounds, ROUNDS))
    finally:
        if docker:
            docker.close()


def _take(report, place, stack, docker, name, rounds):
    forget = lambda: _forget_in_stave(stack, name)
    commands = [Command("stave pull", stack.command("pull", name), before=forget)]
    try:
        skopeo = Skopeo(place, name)
        commands.append(Command("skopeo copy", skopeo.pull, before=skopeo.forget))
    except Absent as error:
        report.absent("skopeo copy", str(error))
    if docker:
        forget = lambda: _forget_in_docker(docker, name)
        commands.append(Command("docker pull", docker.command("pull", name), before=forget))
    samples = take_turns(commands, rounds, 0.5, warm_up=1)
    notes = {"skopeo copy": "to containers-storage", "docker pull": docker.version if docker else ""}
    for command, seconds in samples.items():
        report.figure(command, seconds, "s", notes.get(command, ""))
    if docker:
        faster = 1 / ratio(samples["stave pull"], samples["docker pull"])
        report.target("times faster than `docker pull`", faster, 4, least=True)
