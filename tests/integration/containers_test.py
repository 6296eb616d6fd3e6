"""Containers through the whole stack: what `stave run` and its relatives do, seen from outside."""

import json
import os
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import leaks
import sandbox
from cgroups import Limits
from stack import Stack, wait_until

IMAGE = "busybox:test"


def setUpModule():
    global stack
    sandbox.enter()
    stack = Stack.under_test(os.environ.get("STAVE_OVERRIDES", ""))
    stack.start_with_busybox()
    unittest.addModuleCleanup(stack.destroy)
    stack("run", "--rm", IMAGE, "true")  # what is made once, as the seccomp program, is there now


def run(*arguments, **more):
    return stack.run_stave("run", *arguments, check=False, **more)


class Base(unittest.TestCase):
    def setUp(self):
        self.before = leaks.count(stack)

    def tearDown(self):
        stack.remove_all()
        wait_until(lambda: leaks.count(stack) == self.before, f"no leaks: {self.before} but {leaks.count(stack)}")


class ForegroundTest(Base):
    def test_output_and_exit_code(self):
        result = run("--rm", IMAGE, "sh", "-c", "echo out; echo err >&2; exit 7")
        self.assertEqual(result.stdout, "out\n")
        self.assertEqual(result.stderr, "err\n")
        self.assertEqual(result.returncode, 7)

    def test_standard_input_reaches_it_and_its_end(self):
        result = run("--rm", "-i", IMAGE, "cat", input="one\ntwo\n")
        self.assertEqual(result.stdout, "one\ntwo\n")
        self.assertEqual(result.returncode, 0)

    def test_missing_command_is_127(self):
        result = run("--rm", IMAGE, "/no/such/command")
        self.assertEqual(result.returncode, 127)
        self.assertIn("/no/such/command", result.stderr)

    def test_command_that_is_no_program_is_126(self):
        result = run("--rm", IMAGE, "/etc/passwd")
        self.assertEqual(result.returncode, 126)
        self.assertIn("permission denied", result.stderr.lower())

    def test_unknown_image(self):
        result = run("--rm", "--pull", "never", "no-such-image:1", "true")
        self.assertEqual(result.returncode, 125)
        self.assertIn("no-such-image", result.stderr)

    def test_signal_as_exit_code(self):
        stack("run", "-d", "--name", "hit", IMAGE, "sleep", "1000")
        stack("kill", "hit")
        self.assertEqual(stack("wait", "hit").strip(), "137")

    def test_user_directory_environment_hostname(self):
        result = run(
            "--rm", "--user", "user", "--workdir", "/tmp", "-e", "COLOUR=blue", "--hostname", "stone", IMAGE,
            "sh", "-c", "id -u; id -G; pwd; echo $COLOUR; hostname",
        )
        self.assertEqual(result.stdout.split("\n")[:5], ["1000", "1000 2000", "/tmp", "blue", "stone"])


class DetachedTest(Base):
    def test_life_of_a_container(self):
        stack("run", "-d", "--name", "web", IMAGE, "sleep", "1000")
        self.assertIn("web", stack("ps"))
        self.assertEqual(stack("exec", "web", "echo", "inside").strip(), "inside")
        stack("stop", "-t", "1", "web")
        self.assertNotIn("web", stack("ps"))
        self.assertIn("web", stack("ps", "-a"))
        stack("start", "web")
        self.assertIn("web", stack("ps"))
        stack("rm", "-f", "web")
        self.assertNotIn("web", stack("ps", "-a"))

    def test_wait_and_logs(self):
        stack("run", "-d", "--name", "job", IMAGE, "sh", "-c", "echo first; sleep 0.3; echo last; exit 3")
        self.assertEqual(stack("wait", "job").strip(), "3")
        self.assertEqual(stack("logs", "job"), "first\nlast\n")

    def test_following_logs_ends_with_the_container(self):
        stack("run", "-d", "--name", "talk", IMAGE, "sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.1; done")
        self.assertEqual(stack("logs", "-f", "talk"), "1\n2\n3\n")

    def test_pause_stops_time(self):
        stack("run", "-d", "--name", "tick", IMAGE, "sh", "-c", "while true; do echo t; sleep 0.05; done")
        stack("pause", "tick")
        time.sleep(0.2)
        before = stack("logs", "tick")
        time.sleep(0.4)
        self.assertEqual(stack("logs", "tick"), before)
        stack("unpause", "tick")
        wait_until(lambda: len(stack("logs", "tick")) > len(before), "output after unpausing")

    def test_restart_policy(self):
        stack("run", "-d", "--name", "again", "--restart", "on-failure:2", IMAGE, "sh", "-c", "echo x; exit 1")
        wait_until(lambda: stack("logs", "again").count("x") == 3, "two restarts")
        self.assertEqual(stack("wait", "again").strip(), "1")

    def test_copy_both_ways(self):
        stack("run", "-d", "--name", "files", IMAGE, "sleep", "1000")
        source = stack.home + "/in.txt"
        with open(source, "w") as file:
            file.write("carried\n")
        stack("cp", source, "files:/tmp/in.txt")
        self.assertEqual(stack("exec", "files", "cat", "/tmp/in.txt"), "carried\n")
        stack("cp", "files:/tmp/in.txt", stack.home + "/out.txt")
        with open(stack.home + "/out.txt") as file:
            self.assertEqual(file.read(), "carried\n")

    def test_diff_and_commit(self):
        stack("run", "-d", "--name", "change", IMAGE, "sh", "-c", "echo new > /root/file; rm /var/www/index.html; sleep 1000")
        wait_until(lambda: "D /var/www/index.html" in stack("diff", "change"), "the difference")
        self.assertIn("A /root/file", stack("diff", "change"))
        stack("commit", "change", "changed:1")
        result = run("--rm", "changed:1", "sh", "-c", "cat /root/file; ls /var/www | wc -l")
        self.assertEqual(result.stdout, "new\n0\n")
        stack("rmi", "changed:1")

    def test_inspect_explain_and_top(self):
        stack("run", "-d", "--name", "seen", IMAGE, "sleep", "1000")
        (pod,) = stack.json("inspect", "seen")
        self.assertTrue(pod)
        self.assertIn("user/root", stack("explain", "pod/seen"))
        self.assertIn("sleep 1000", stack("top", "seen"))
        self.assertIn("seen", stack("stats", "--no-stream"))


class LimitsTest(Base):
    def test_limits_are_in_the_cgroup(self):
        stack("run", "-d", "--name", "limited", "--memory", "128m", "--cpus", "0.5", "--pids-limit", "50", IMAGE, "sleep", "1000")
        limits = Limits(stack.pods()["limited"]["status"]["containers"][0]["pid"])
        self.assertEqual(limits.memory(), 128 << 20)
        self.assertEqual(limits.processes(), 50)
        self.assertEqual(limits.processors(), 0.5)

    def test_out_of_memory_is_told(self):
        result = run("--name", "big", "--memory", "16m", IMAGE, "sh", "-c", "yes | tr -d '\\n' | tail")
        self.assertEqual(result.returncode, 137)
        status = stack.pods()["big"]["status"]["containers"][0]
        self.assertTrue(status.get("oomKilled"), status)


class NetworkTest(Base):
    def test_published_port(self):
        stack("run", "-d", "--name", "web", "-p", "127.0.0.1:18080:80", IMAGE, "httpd", "-f", "-h", "/var/www")
        body = wait_until(lambda: self.fetch("http://127.0.0.1:18080/index.html"), "the web server")
        self.assertEqual(body, b"hello from a container\n")

    def test_containers_find_each_other_by_name(self):
        stack("network", "create", "backend")
        stack("run", "-d", "--name", "server", "--network", "backend", IMAGE, "httpd", "-f", "-h", "/var/www")
        result = run("--rm", "--network", "backend", IMAGE, "wget", "-q", "-O", "-", "http://server/index.html")
        self.assertEqual(result.stdout, "hello from a container\n", result.stderr)
        stack("rm", "-f", "server")
        stack("network", "rm", "backend")

    def test_port_in_use(self):
        stack("run", "-d", "--name", "first", "-p", "18081:80", IMAGE, "sleep", "1000")
        result = run("-d", "--name", "second", "-p", "18081:80", IMAGE, "sleep", "1000")
        self.assertEqual(result.returncode, 125)
        self.assertIn("18081", result.stderr)

    def test_unknown_network(self):
        result = run("--rm", "--network", "nowhere", IMAGE, "true")
        self.assertEqual(result.returncode, 125)
        self.assertIn("nowhere", result.stderr)

    def fetch(self, address):
        try:
            return urllib.request.urlopen(address, timeout=2).read()
        except OSError:
            return None


class VolumeTest(Base):
    def test_named_volume_keeps_data_and_copies_up(self):
        result = run("--rm", "-v", "site:/var/www", IMAGE, "sh", "-c", "cat /var/www/index.html; echo more > /var/www/b")
        self.assertEqual(result.stdout, "hello from a container\n")
        self.assertEqual(run("--rm", "-v", "site:/data", IMAGE, "cat", "/data/b").stdout, "more\n")
        stack("volume", "rm", "site")

    def test_bind_mount_and_read_only(self):
        folder = stack.home + "/bound"
        os.makedirs(folder, exist_ok=True)
        with open(folder + "/file", "w") as file:
            file.write("host\n")
        self.assertEqual(run("--rm", "-v", folder + ":/mnt:ro", IMAGE, "cat", "/mnt/file").stdout, "host\n")
        self.assertNotEqual(run("--rm", "-v", folder + ":/mnt:ro", IMAGE, "touch", "/mnt/x").returncode, 0)

    def test_read_only_root_with_tmpfs(self):
        result = run("--rm", "--read-only", "--tmpfs", "/scratch", IMAGE, "sh", "-c", "touch /scratch/ok && touch /bad")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("Read-only", result.stderr)


class ManyTest(Base):
    def test_many_at_once(self):
        count = int(os.environ.get("STAVE_MANY", "20"))
        failures = []

        def start(i):
            result = run("-d", "--name", f"many-{i}", IMAGE, "sleep", "1000", timeout=300)
            if result.returncode != 0:
                failures.append(result.stderr)

        threads = [threading.Thread(target=start, args=(i,)) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        running = [p for p in stack.pods().values() if p["status"].get("phase") == "running"]
        self.assertEqual(len(running), count)


if __name__ == "__main__":
    unittest.main(verbosity=2)
