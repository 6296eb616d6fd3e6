"""pull: an image of 300 MB and 15,000 files from a registry on this machine, unpacked and ready to run.

Every pull goes into a store that was never used, and nothing is deleted before the end: ext4 searches long
for an inode while many have just been freed, which would be charged to whoever comes after a removal."""

import os
import shutil
from contextlib import ExitStack

import big_image
from measure import CannotRun, Command, ratio, take_turns
from peers import Absent, Docker, need
from registry import Registry

ROUNDS = 5
PAUSE = 0.5


class Stave:
    """A stack for each pull; the one before has been stopped."""

    def __init__(self, place, build, kept, name):
        self.place, self.build, self.kept, self.name = place, build, kept, name
        self.stack = None

    def renew(self):
        if self.stack:
            self.stack.stop()
        self.stack = self.kept.enter_context(self.place.stack(self.build))
        self.stack.start()
        os.sync()

    def pull(self, turn):
        return self.stack.command("pull", self.name)


class DockerPull:
    """A daemon for each pull."""

    def __init__(self, place, kept, name):
        self.place, self.kept, self.name = place, kept, name
        self.count = 0
        self.docker = None
        self.renew()  # tells whether it works here
        self.version = self.docker.version

    def renew(self):
        if self.docker:
            self.docker.close()
        self.count += 1
        self.docker = Docker(self.place, f"docker{self.count}")
        self.kept.callback(self.docker.close)
        os.sync()

    def pull(self, turn):
        return self.docker.command("pull", self.name)


class Skopeo:
    """Into a containers-storage of its own for each pull; it unpacks as podman does."""

    def __init__(self, place, name):
        self.program = need("skopeo")
        self.place, self.name = place, name

    def pull(self, turn):
        home = self.place.path(f"skopeo{turn}")
        return [
            self.program, "--insecure-policy", "copy", "--quiet", "--src-tls-verify=false",
            f"docker://{self.name}", f"containers-storage:[overlay@{home}/root+{home}/run]localhost/big:1",
        ]


def measure(report, place, build, rounds):
    report.begin("pull", "pull: 300 MB compressed, 15,000 files, 3 layers, from a registry on 127.0.0.1")
    layout = big_image.layout(os.path.join(os.path.dirname(build), "bench"))
    if shutil.which("docker-registry") is None:
        raise CannotRun("docker-registry is not installed; `tools/dev setup` installs it")
    with Registry() as registry, ExitStack() as kept:
        name = registry.push_layout(layout, big_image.TAG, "bench/big:1")
        _take(report, place, build, kept, name, min(rounds, ROUNDS))


def _take(report, place, build, kept, name, rounds):
    stave = Stave(place, build, kept, name)
    commands = [Command("stave pull", stave.pull, before=stave.renew)]
    notes = {"stave pull": "", "skopeo copy": "to containers-storage"}
    try:
        commands.append(Command("skopeo copy", Skopeo(place, name).pull, before=os.sync))
    except Absent as error:
        report.absent("skopeo copy", str(error))
    docker = None
    try:
        docker = DockerPull(place, kept, name)
        commands.append(Command("docker pull", docker.pull, before=docker.renew))
        notes["docker pull"] = docker.version
    except Absent as error:
        report.absent("docker pull", str(error))
    samples = take_turns(commands, rounds, PAUSE, warm_up=1)
    for command, seconds in samples.items():
        report.figure(command, seconds, "s", notes[command])
    if docker:
        faster = 1 / ratio(samples["stave pull"], samples["docker pull"])
        report.target("times faster than `docker pull`", faster, 4, least=True)
