"""Another driver is one line of TOML away: each swap runs the same container on the same stack."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import sandbox
from stack import Stack

IMAGE = "busybox:test"


def setUpModule():
    sandbox.enter()


class SwapTest(unittest.TestCase):
    def stack(self, line):
        stack = Stack.under_test(line)
        stack.start_with_busybox()
        self.addCleanup(stack.destroy)
        return stack

    def test_file_systems_are_copied_instead_of_overlaid(self):
        stack = self.stack('[stack]\nstorage = "copy"\n')
        result = stack("run", "--rm", IMAGE, "sh", "-c", "echo kept > /file; cat /file; stat -f -c %T /")
        self.assertEqual(result.split()[0], "kept")
        self.assertNotIn("overlay", result)
        self.assertNotEqual(stack("run", "--rm", IMAGE, "ls", "/"), "")

    def test_no_network_instead_of_the_bridge(self):
        stack = self.stack('[stack]\nnetwork = "none"\n')
        result = stack("run", "--rm", IMAGE, "ip", "-o", "link")
        self.assertEqual(len(result.splitlines()), 1, result)
        self.assertIn("lo", result)


if __name__ == "__main__":
    unittest.main(verbosity=2)
