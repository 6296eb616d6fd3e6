"""Bad configuration and bad commands: a clear error, and nothing left behind."""

import os
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from stack import TOP
from stack_case import BUILD, IMAGE, IMPATIENT, StackCase


class ConfigurationTest(unittest.TestCase):
    """What `staved --check-config` says of a few lines that follow the shipped stack."""

    def check(self, lines):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(f'include = ["{TOP}/config/single.toml"]\n{lines}\n')
            file.flush()
            command = [BUILD + "/bin/staved", "--config", file.name, "--check-config"]
            result = subprocess.run(command, capture_output=True, text=True, timeout=60)
            return result, os.path.basename(file.name)

    def test_good_one(self):
        result, _ = self.check(IMPATIENT)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_bad_ones(self):
        cases = [
            ("a string without end", '[daemon]\nroot = "/x\nrun = "/y"', ":3:", "string"),
            ("a date", "[daemon]\nroot = 1979-05-27", ":3:", "dates"),
            ("a half date", "[daemon]\n\nroot = 1979-05-", ":4:", "date"),
            ("a key twice", '[daemon]\nroot = "/x"\nroot = "/y"', ":4:", "root"),
            ("a table without end", "[daemon\n", ":2:", "table"),
            ("an unknown key", '[daemon]\nrooot = "/x"', ":3:", '"rooot"', 'did you mean "root"?'),
            ("an unknown table", '[daemonn]\nroot = "/x"', ":3:", "daemonn", 'mean "daemon"?'),
            ("an unknown setting", "[registry.oci.settings]\nstallTimeot = 7", ":3:",
             "registry/oci", '"stallTimeot"', 'did you mean "stallTimeout"?'),
            ("a text for a number", '[registry.oci.settings]\nattempts = "many"', ":3:", "attempts",
             "expected a number, got text"),
        ]
        for name, lines, place, *words in cases:
            with self.subTest(name):
                result, file = self.check(lines)
                self.assertEqual(result.returncode, 1)
                for word in (file + place, *words):
                    self.assertIn(word, result.stderr)


class RunTest(StackCase):
    def test_missing_executable(self):
        words = ["/no/such/command", "no such file"]
        for how in ([], ["-d"]):
            self.fails(127, words, "run", "--rm", *how, IMAGE, "/no/such/command")

    def test_file_that_is_no_executable(self):
        words = ["/etc/passwd", "permission denied"]
        for how in ([], ["-d"]):
            self.fails(126, words, "run", "--rm", *how, IMAGE, "/etc/passwd")

    def test_container_without_removal(self):
        for code, command in ((127, "/no/such/command"), (126, "/etc/passwd")):
            self.fails(code, [command], "run", "-d", "--name", "kept", IMAGE, command)
            self.assertEqual(self.stack.pods()["kept"]["status"]["phase"], "failed")
            self.stack("rm", "kept")

    def test_port_in_use_by_another_container(self):
        self.stack("run", "-d", "--name", "first", "-p", "18081:80", IMAGE, "sleep", "1000")
        words = ["18081/tcp", "in use", "first"]
        self.fails(125, words, "run", "--rm", "-p", "18081:80", IMAGE, "true")
        self.assertEqual(list(self.stack.pods()), ["first"])
        self.stack("rm", "-f", "first")

    def test_port_in_use_by_the_host(self):
        with socket.create_server(("0.0.0.0", 0)) as server:
            port = server.getsockname()[1]
            words = [f"{port}/tcp", "in use by a process of the host"]
            self.fails(125, words, "run", "--rm", "-p", f"{port}:80", IMAGE, "true")
        self.stack("run", "--rm", "-p", f"{port}:80", IMAGE, "true")

    def test_unknown_network(self):
        words = ["network nowhere not found"]
        self.fails(125, words, "run", "--rm", "--network", "nowhere", IMAGE, "true")

    def test_unknown_image(self):
        words = ["no-such:1", "pull policy is never"]
        self.fails(125, words, "run", "--rm", "--pull", "never", "no-such:1", "true")


if __name__ == "__main__":
    unittest.main(verbosity=2)
