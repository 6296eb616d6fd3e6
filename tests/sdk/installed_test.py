"""The SDK as a third party meets it: an installed prefix, and nothing of this tree.

Installs the build into a prefix of its own, hides the source tree (and with it the build), and then builds
the template and the Btrfs driver against that prefix alone, runs their conformance suites, and has the
installed daemon load the template.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import sandbox
from stack import TOP, Stack, wait_until

BUILD = os.path.abspath(os.environ["STAVE_BUILD"])
SKIPPED = 77  # what check.sh ends with when this machine cannot run it
LONGEST_TEMPLATE = 60


def setUpModule():
    global home, prefix
    sandbox.enter()
    home = tempfile.mkdtemp(prefix="stave-sdk-")
    unittest.addModuleCleanup(remove_home)
    prefix = os.path.join(home, "prefix")
    run("cmake", "--install", BUILD, "--prefix", prefix)
    for source, name in (("sdk/template", "template"), ("plugins-contrib/storage/btrfs", "btrfs")):
        shutil.copytree(os.path.join(TOP, source), os.path.join(home, name))
    os.chdir(home)
    subprocess.run(["mount", "-t", "tmpfs", "none", TOP], check=True)
    assert os.listdir(TOP) == [], "the source tree can still be seen"


def remove_home():
    os.chdir("/")
    shutil.rmtree(home)


def run(*command, check=True):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout[-8000:]}")
    return result


def built(name):
    """Builds the copied project and returns its build directory; the second call finds it built."""
    build = os.path.join(home, name, "build")
    if not os.path.exists(os.path.join(build, "CMakeCache.txt")):
        run("cmake", "-G", "Ninja", "-S", os.path.join(home, name), "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    return build


class PrefixTest(unittest.TestCase):
    def test_what_a_plug_in_author_needs_is_there(self):
        for pattern in (
            "bin/staved", "bin/stave", "bin/stave-conformance", "libexec/stave/stave-host",
            "libexec/stave/stave-monitor", "libexec/stave/stave-init", "etc/stave/single.toml",
            "include/stave/plugin.h", "include/stave/layer/driver.h", "include/stave/testing/fake_broker.h",
            "include/stave/schema/volume.capnp", "include/stave/schema/volume.capnp.h",
            "include/stave/schema/objects/pod.capnp.h", "lib*/**/cmake/Stave/StaveConfig.cmake",
            "lib*/**/libstave.so", "lib*/**/libstave_layer.a", "lib*/**/stave/storage-overlay.so",
        ):  # fmt: skip
            self.assertTrue(glob.glob(os.path.join(prefix, pattern), recursive=True), pattern)

    def test_the_package_knows_nothing_of_the_tree_it_came_from(self):
        for path in glob.glob(prefix + "/lib*/**/cmake/Stave/*.cmake", recursive=True):
            with open(path) as file:
                text = file.read()
            self.assertNotIn(TOP, text, path)
            self.assertNotIn(BUILD, text, path)

    def test_programs_find_their_library_from_where_they_stand(self):
        for program in ("bin/staved", "bin/stave-conformance", "libexec/stave/stave-host"):
            output = run("ldd", os.path.join(prefix, program)).stdout
            self.assertNotIn("not found", output, program)
            self.assertIn(prefix, os.path.realpath(library_in(output)), program)

    def test_the_command_needs_no_library(self):
        program = os.path.join(prefix, "bin/stave")
        libraries = run("ldd", program, check=False).stdout
        if "libasan" not in libraries and "libtsan" not in libraries:  # those cannot be static
            self.assertIn("not a dynamic executable", libraries)
        self.assertNotIn("libstave", libraries)
        self.assertIn("Usage:  stave", run(program, "--help").stdout)


def library_in(output):
    (line,) = [line for line in output.split("\n") if "libstave.so" in line]
    return line.split("=>")[1].split()[0]


class TemplateTest(unittest.TestCase):
    def test_is_short(self):
        with open(os.path.join(home, "template", "plugin.cc")) as file:
            self.assertLess(len(file.readlines()), LONGEST_TEMPLATE)

    def test_exports_one_symbol(self):
        module = built("template") + "/lib/stave/volume-folder.so"
        output = run("nm", "-D", "--defined-only", module).stdout
        names = [line.split()[2] for line in output.splitlines()]
        self.assertEqual(names, ["stave_plugin"])

    def test_keeps_its_contract(self):
        run("ctest", "--test-dir", built("template"), "--output-on-failure", "--no-tests=error")

    def test_is_loaded_by_the_installed_daemon(self):
        folder = os.path.join(home, "volumes")
        overrides = (
            '[stack]\nvolume = ["local", "folder"]\n'
            f'[volume.folder]\nfile = "{built("template")}/lib/stave/volume-folder.so"\ncapabilities = ["all"]\n'
            f'[volume.folder.settings]\npath = "{folder}"\n'
        )
        with InstalledStack(prefix, overrides=overrides) as stack:
            stack.start(wait=False)
            wait_until(lambda: "the stack is up" in stack.log(), "the stack to come up")
            (row,) = [row for row in stack("plugin", "ls").splitlines() if "folder" in row]
            self.assertIn("loaded", row)
            stack("volume", "create", "--driver", "folder", "data")
            wait_until(lambda: os.listdir(folder + "/volumes") == ["data"], "the volume")
            stack("volume", "create", "--driver", "folder", "--opt", "a=b", "other")
            wait_until(lambda: "take no options" in stack("explain", "volume/other"), "the refusal")
            stack("volume", "rm", "data")
            wait_until(lambda: os.listdir(folder + "/volumes") == [], "the volume to go")


class InstalledStack(Stack):
    """Composed from the configuration in the prefix: the one in the tree is out of sight."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace(f"{TOP}/config/", f"{prefix}/etc/stave/"))


class BtrfsTest(unittest.TestCase):
    def test_keeps_its_contract(self):
        module = built("btrfs") + "/lib/stave/storage-btrfs.so"
        check = os.path.join(home, "btrfs", "check.sh")
        result = run(check, module, prefix + "/bin/stave-conformance", check=False)
        if result.returncode == SKIPPED:
            self.skipTest(result.stdout.strip())
        self.assertEqual(result.returncode, 0, result.stdout[-8000:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
