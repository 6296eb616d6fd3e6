"""kill -9 of the daemon and of every plug-in's host while containers run and others start: all are
known afterwards, what ran never stopped, no line of output is lost, and nothing is left behind."""

import os
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import leaks
import sandbox
from stack import Failure, Stack, wait_until

IMAGE = "busybox:test"
RUNNING, STARTING = 20, 5
COUNTING = "i=0; while true; do i=$((i+1)); echo $i; sleep 0.05; done"


def setUpModule():
    global stack
    sandbox.enter()
    stack = Stack(os.environ["STAVE_BUILD"])
    stack.start_with_busybox()
    unittest.addModuleCleanup(stack.destroy)
    stack("run", "--rm", IMAGE, "true")


def hosts():
    """The processes of plug-ins by name of the module: {"runtime-native": pid, ...}."""
    found = {}
    for pid in leaks.tree(stack.process.pid):
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                words = file.read().split("\0")
        except OSError:  # one that just ended, as the kernel's helpers do
            continue
        if words[0].endswith("stave-host"):
            module = next(word for word in words if word.endswith(".so"))
            found[os.path.basename(module).removesuffix(".so")] = pid
    return found


def first_processes():
    """The process of each running container: the same after a crash means that it never stopped."""
    found = {}
    for name, pod in stack.pods().items():
        for container in pod.get("status", {}).get("containers", []):
            if container.get("pid"):
                found[name] = container["pid"]
    return found


def start_beside(names):
    """Starts containers in the background. What the clients say is not asked: their server dies."""
    threads = [
        threading.Thread(
            target=stack.run_stave,
            args=("run", "-d", "--name", name, IMAGE, "sh", "-c", COUNTING),
            kwargs={"check": False, "timeout": 60},
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    return threads


class CrashTest(unittest.TestCase):
    def setUp(self):
        self.before = leaks.count(stack)
        self.names = [f"steady-{i}" for i in range(RUNNING)]
        for thread in start_beside(self.names):
            thread.join()
        wait_until(lambda: set(first_processes()) == set(self.names), "twenty running containers", 60)
        stack("run", "-d", "--name", "brief", IMAGE, "sh", "-c", "sleep 2; echo done; exit 5")
        self.first = first_processes()

    def tearDown(self):
        wait_until(self.all_known_to_the_engine, "an engine that answers", 60)
        stack.remove_all()
        wait_until(
            lambda: leaks.count(stack) == self.before,
            f"no leaks: {self.before} but {leaks.count(stack)}",
            60,
        )

    def all_known_to_the_engine(self):
        return stack.run_stave("ps", "-a", check=False).returncode == 0

    def loaded_again(self):
        states = stack.plugin_states()
        return states and all(state == "loaded" for state in states.values())

    def check(self, late):
        wait_until(self.loaded_again, f"all plug-ins loaded: {stack.plugin_states()}", 60)
        wait_until(
            lambda: stack.pods()["brief"]["status"].get("phase") == "stopped", "the end of the brief one", 60
        )
        self.assertEqual(stack("wait", "brief").strip(), "5")
        self.assertEqual(stack("logs", "brief"), "done\n")
        now = first_processes()
        for name in self.names:
            self.assertEqual(now.get(name), self.first[name], f"{name} is not the process that it was")
            self.assertTrue(os.path.exists(f"/proc/{self.first[name]}"), name)
        for name in (self.names[0], self.names[-1]):
            count = len(stack("logs", name).split())
            wait_until(lambda: len(stack("logs", name).split()) > count, f"more output of {name}")
            lines = [int(word) for word in stack("logs", name).split()]
            self.assertEqual(lines, list(range(1, len(lines) + 1)), f"output of {name} has a gap")
        # A request that was taken is carried out; one that was not left nothing.
        accepted = [name for name in late if name in stack.pods()]
        try:
            wait_until(lambda: set(accepted) <= set(first_processes()), "the accepted ones to run", 30)
        except Failure:
            pods, running = stack.pods(), first_processes()
            self.fail({name: pods[name]["status"] for name in accepted if name not in running})
        self.assertEqual(stack("exec", self.names[0], "echo", "alive").strip(), "alive")

    def test_the_daemon(self):
        late = [f"late-{i}" for i in range(STARTING)]
        threads = start_beside(late)
        time.sleep(0.05)
        orphans = list(hosts().values())
        stack.kill()
        for thread in threads:
            thread.join()
        wait_until(
            lambda: not any(os.path.exists(f"/proc/{pid}") for pid in orphans), "the hosts to follow the daemon"
        )
        stack.start()
        self.check(late)

    def test_every_host(self):
        late = []
        for turn, (module, pid) in enumerate(sorted(hosts().items())):
            names = [f"late-{turn}-{i}" for i in range(STARTING if module == "engine-node" else 1)]
            late += names
            threads = start_beside(names)
            time.sleep(0.02)
            os.kill(pid, signal.SIGKILL)
            for thread in threads:
                thread.join()
            wait_until(lambda: hosts().get(module, pid) != pid, f"another {module}", 60)
            wait_until(self.loaded_again, f"{module} to be loaded again: {stack.plugin_states()}", 60)
        self.check(late)


if __name__ == "__main__":
    unittest.main(verbosity=2)
