"""Names that no command could use later are refused when an object is made, and nothing is left behind."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import sandbox
from stack import Stack

IMAGE = "busybox:test"
BAD = ("a/b", "a b", "-", "a:b", "a\x1b[1mb", "x" * 201)


def setUpModule():
    global stack
    sandbox.enter()
    stack = Stack(os.environ["STAVE_BUILD"])
    stack.start_with_busybox()
    unittest.addModuleCleanup(stack.destroy)


class NamesTest(unittest.TestCase):
    def refused(self, code, *arguments):
        result = stack.run_stave(*arguments, check=False, timeout=30)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn("metadata.name: ", result.stderr)
        self.assertNotIn("\x1b", result.stderr)
        return result.stderr

    def test_volumes_and_networks(self):
        for name in BAD:
            with self.subTest(name):
                self.refused(1, "volume", "create", "--name", name)
                self.refused(1, "network", "create", "--", name)
        self.assertIn("[a-zA-Z0-9][a-zA-Z0-9_.-]*", self.refused(1, "volume", "create", "a/b"))
        self.assertEqual(stack("volume", "ls", "-q"), "")

    def test_containers_and_the_volumes_that_they_name(self):
        for name in BAD:
            with self.subTest(name):
                self.refused(125, "run", "--rm", "--name", name, IMAGE, "true")
        self.refused(125, "run", "--rm", "-v", "a b:/data", IMAGE, "true")
        self.assertEqual(stack.pods(), {})
        self.assertEqual(stack("volume", "ls", "-q"), "")

    def test_images_have_those_of_references(self):
        stack("tag", IMAGE, "registry.example:5000/some/image:1.0")
        stack("rmi", "registry.example:5000/some/image:1.0")


if __name__ == "__main__":
    unittest.main(verbosity=2)
