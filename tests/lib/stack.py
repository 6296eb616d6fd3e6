"""A whole stack under test: a daemon with directories, a socket and a cgroup of its own."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import cgroups
import images
import leaks

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Failure(Exception):
    pass


def wait_until(condition, what, timeout=20, interval=0.02):
    """`what` is waited for, in words, or a function that says it in the end."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(interval)
    raise Failure(f"waited {timeout} s in vain for {what() if callable(what) else what}")


def settled(look, quiet=0.5, timeout=20):
    """What `look` sees once it has seen the same for `quiet` seconds: what plug-ins make ahead comes later."""
    seen, since, deadline = look(), time.monotonic(), time.monotonic() + timeout
    while time.monotonic() < min(since + quiet, deadline):
        time.sleep(0.05)
        now = look()
        if now != seen:
            seen, since = now, time.monotonic()
    return seen


class Stack:
    """`overrides` is TOML that comes after the shipped configuration's include; `run` the directory of what
    does not survive a reboot."""

    def __init__(self, build, isolation="process", overrides="", base="single.toml", run=None):
        self.build = os.path.abspath(build)
        self.home = tempfile.mkdtemp(prefix="stave-test-")
        self.root = os.path.join(self.home, "root")
        self.run = run or os.path.join(self.home, "run")
        self.cgroup = "stave-" + os.path.basename(self.home)
        self.socket = os.path.join(self.run, "stave.sock")
        self.config = os.path.join(self.home, "stave.toml")
        self.log_path = os.path.join(self.home, "staved.log")
        self.isolation = isolation
        self.process = None
        with open(self.config, "w") as file:
            file.write(
                f'include = ["{TOP}/config/{base}"]\n'
                f'[daemon]\nroot = "{self.root}"\nrun = "{self.run}"\n'
                f'[endpoint]\nsocket = "{self.socket}"\n'
                f'[plugins]\nisolation = "{isolation}"\n'
                f'[runtime.native.settings]\ncgroup = "{self.cgroup}"\n' + overrides
            )

    @classmethod
    def under_test(cls, overrides=""):
        """That of the build and the isolation that the environment names."""
        return cls(os.environ["STAVE_BUILD"], os.environ.get("STAVE_ISOLATION", "process"), overrides)

    # -- the daemon

    def start(self, wait=True):
        os.makedirs(self.run, exist_ok=True)
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [os.path.join(self.build, "bin", "staved"), "--config", self.config],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )
        log.close()
        if wait:
            wait_until(self._up, "the stack to come up\n" + self.log()[-4000:], timeout=60)
        return self

    def start_with_busybox(self):
        """Up, with the image `busybox:test`. What fails is shown with the daemon's log, and nothing stays."""
        try:
            self.start()
            archive = os.path.join(self.home, "busybox.tar")
            self("load", "-i", images.busybox_archive(archive))
        except BaseException:
            print(self.log())
            self.destroy()
            raise
        return self

    def _up(self):
        if self.process.poll() is not None:
            raise Failure(f"staved ended with {self.process.returncode}:\n{self.log()}")
        if not os.path.exists(self.socket):
            return False
        states = self.plugin_states()
        return states and all(state in ("loaded", "failed", "skipped") for state in states.values())

    def plugin_states(self):
        states = {}
        for plugin in self.objects("plugins", check=False):
            states[plugin["metadata"]["name"]] = plugin.get("status", {}).get("state", "starting")
        return states

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=30)

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    # -- the client

    def command(self, *arguments):
        return [os.path.join(self.build, "bin", "stave"), "-H", "unix://" + self.socket, *arguments]

    def run_stave(self, *arguments, check=True, input=None, timeout=120):
        result = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, input=input, timeout=timeout
        )
        if check and result.returncode != 0:
            raise Failure(
                f"stave {' '.join(arguments)}: exit code {result.returncode}\n"
                f"{result.stdout}{result.stderr}\n--- daemon:\n{self.log()[-3000:]}"
            )
        return result

    def __call__(self, *arguments, **more):
        return self.run_stave(*arguments, **more).stdout

    def json(self, *arguments):
        return json.loads(self(*arguments))

    def objects(self, kind, check=True):
        """Those that there are; none also if the daemon does not answer and `check` is off."""
        result = self.run_stave("get", kind, "--json", check=check)
        if result.returncode != 0:
            return []
        return [json.loads(line) for line in result.stdout.splitlines()]

    # -- what it holds

    def owns(self, pid):
        """Whether a monitor or init belongs to this stack: its working files are in our run directory."""
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if self.run.encode() in file.read():
                    return True
            for fd in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{fd}").startswith(self.home):
                    return True
            with open(f"/proc/{pid}/cgroup") as file:
                return self.cgroup in file.read()
        except OSError:
            return False

    def snapshots(self):
        for name in ("storage-overlay", "storage-copy"):
            path = os.path.join(self.root, "plugins", name, "snapshots")
            if os.path.isdir(path):
                return len(os.listdir(path))
        return 0

    def processes(self):
        return leaks.tree(self.process.pid)

    def pods(self):
        return {pod["metadata"]["name"]: pod for pod in self.objects("pods")}

    def remove_all(self):
        names = list(self.pods())
        if names:
            self("rm", "-f", *names)

    # -- the end

    def destroy(self):
        if self.process and self.process.poll() is None:
            try:
                self.remove_all()
            except Exception as error:  # the daemon may be what is broken; the rest still has to go
                print(f"cleaning up: {error}")
            self.stop()
        for pid in leaks.named("stave-monitor"):
            if self.owns(pid):
                os.kill(pid, signal.SIGKILL)
        self._remove_cgroups()
        shutil.rmtree(self.home, ignore_errors=True)

    def _remove_cgroups(self):
        for hierarchy in cgroups.hierarchies():
            top = os.path.join(hierarchy, self.cgroup)
            for folder, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.destroy()
