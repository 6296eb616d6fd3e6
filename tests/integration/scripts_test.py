"""Pods made, watched and deleted through RPC by a shell and by a Python script, as users write them."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import sandbox
from stack import Stack

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scripts")
IMAGE = "busybox:test"


def setUpModule():
    global stack
    sandbox.enter()
    stack = Stack.under_test()
    stack.start_with_busybox()
    unittest.addModuleCleanup(stack.destroy)


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)


class ScriptsTest(unittest.TestCase):
    def tearDown(self):
        self.assertEqual(stack.pods(), {})

    def test_shell(self):
        environment = {**os.environ, "STAVE": " ".join(stack.command())}
        result = run(["sh", f"{SCRIPTS}/pod.sh", "by-shell", IMAGE], env=environment)
        self.assertEqual((result.returncode, result.stdout), (0, "running\nremoved\n"), result.stderr)

    def test_python(self):
        result = run([sys.executable, f"{SCRIPTS}/pod.py", "by-python", IMAGE, *stack.command()])
        lines = result.stdout.splitlines()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual((lines[0], lines[2]), ("running", "removed"))
        self.assertIn("by-python", lines[1])
        self.assertIn("exists", lines[1])

    def test_shell_hears_what_is_wrong(self):
        environment = {**os.environ, "STAVE": " ".join(stack.command())}
        result = run(["sh", f"{SCRIPTS}/pod.sh", "", IMAGE], env=environment)
        self.assertEqual(result.returncode, 1)
        self.assertIn("metadata.name: must not be empty", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
