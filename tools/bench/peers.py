"""The others: how each is set up out of everybody's way, and what its command is."""

import json
import os
import shutil
import signal
import subprocess
import time

IMAGE = "docker.io/library/busybox:test"


class Absent(Exception):
    """This peer is not installed, or does not work on this machine; says why."""


def need(program):
    path = shutil.which(program)
    if path is None:
        raise Absent(f"{program} is not installed")
    return path


def output_of(arguments, peer):
    result = subprocess.run(arguments, capture_output=True, text=True)
    if result.returncode != 0:
        raise Absent(f"{peer} does not work here: {(result.stderr or result.stdout).strip()[-300:]}")
    return result.stdout.strip()


class Floor:
    def __init__(self, place, build):
        self.program = os.path.join(build, "bench", "bench-floor")
        self.place = place

    def run_true(self, turn):
        return [
            self.program, self.place.path("floor"), self.place.root_files,
            self.place.cgroup("floor"), "/bin/true",
        ]


class Crun:
    """A bundle as `crun spec` makes it, with its root file system unpacked: no overlay, no network
    but an empty namespace, no system call filter, no log."""

    def __init__(self, place):
        self.program = need("crun")
        self.version = output_of([self.program, "--version"], "crun").split("\n")[0]
        self.place = place
        self.bundle = place.path("bundle")
        os.makedirs(self.bundle)
        subprocess.run([self.program, "spec"], cwd=self.bundle, check=True)
        config = os.path.join(self.bundle, "config.json")
        with open(config) as file:
            spec = json.load(file)
        spec["process"].update(terminal=False, args=["true"])
        spec["root"]["path"] = place.root_files
        spec["linux"]["cgroupsPath"] = "/" + place.cgroup("crun")
        with open(config, "w") as file:
            json.dump(spec, file)
        output_of(self.run_true(-1), "crun")

    def run_true(self, turn):
        return [
            self.program, "--root", self.place.run_path("crun"), "run", "--bundle", self.bundle,
            f"true{turn}",
        ]


class Podman:
    def __init__(self, place):
        self.program = need("podman")
        self.version = output_of([self.program, "--version"], "podman")
        self.place = place
        output_of(self.command("load", "-i", place.archive), "podman")
        output_of(self.run_true(-1), "podman")

    def command(self, *arguments):
        return [
            self.program, "--root", self.place.path("podman-root"),
            "--runroot", self.place.run_path("podman"), "--tmpdir", self.place.run_path("podman-tmp"),
            "--cgroup-manager", "cgroupfs", "--events-backend", "none", *arguments,
        ]

    def run_true(self, turn):
        # The limits are there for machines on which even root may not raise them.
        return self.command(
            "run", "--rm", "--cgroup-parent", "/" + self.place.cgroup("podman") + "/c",
            "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", IMAGE, "true",
        )


class Docker:
    """A daemon of its own; its containers use its default bridge, without packet filter rules."""

    def __init__(self, place, name="docker"):
        """`name`: of what is its own below the place's directory."""
        self.program, daemon = need("docker"), need("dockerd")
        self.version = output_of([daemon, "--version"], "dockerd")
        self.socket = "unix://" + place.path(name + ".sock")
        self.log_path = place.path(name + ".log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [
                    daemon, "--data-root", place.path(name + "-data"),
                    "--exec-root", place.run_path(name), "-H", self.socket,
                    "--pidfile", place.path(name + ".pid"), "--log-level", "error",
                    "--cgroup-parent", "/" + place.cgroup("docker"), "--storage-driver", "overlay2",
                    "--iptables=false", "--ip6tables=false",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def _wait(self):
        for _ in range(300):
            if self.process.poll() is not None:
                with open(self.log_path, errors="replace") as log:
                    raise Absent(f"dockerd does not start here: {log.read()[-300:]}")
            if subprocess.run(self.command("version"), capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise Absent("dockerd did not come up in 30 s")

    def command(self, *arguments):
        return [self.program, "-H", self.socket, *arguments]

    def load(self, archive):
        output_of(self.command("load", "-i", archive), "docker")

    def run_true(self, turn):
        return self.command("run", "--rm", IMAGE, "true")

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
