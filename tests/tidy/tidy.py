#!/usr/bin/env python3
"""The house rules, as a test.

Each rule counts findings per file. tests/tidy/ratchet.txt holds what was already there when a rule came:
a file may have as many findings as it says and no more, and when it has fewer the list must be lowered.
So the list only shrinks. `tidy.py --verbose` prints every finding, `--lower` lowers the list.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
RATCHET = pathlib.Path(__file__).with_name("ratchet.txt")

LONGEST_FILE = 500
LONGEST_FUNCTION = 70
LONGEST_LINE = 100
LEAST_COMMENT_SHARE = 0.40

# What is a system-call layer itself: the SDK's, the static programs that run inside or beside containers
# without any library, and the one that shows what the bare calls cost.
LAYER = (
    "sdk/src/os/", "plugins/runtime/native/monitor/", "plugins/runtime/native/init/", "tools/bench/floor.cc",
    "plugins-contrib/storage/btrfs/subvolume.cc",
)

RAW_CALLS = re.compile(
    r"(?<![\w.>:])(?:::)?(syscall|mount|umount|umount2|setns|unshare|clone|clone3|fork|vfork|execve|execv|execvp|"
    r"execvpe|ptrace|prctl|pivot_root|ioctl|mknod|mknodat|setxattr|lsetxattr|fsetxattr|openat|openat2|"
    r"accept4|waitpid|waitid|pidfd_open|posix_spawn|posix_spawnp)\s*\("
)
# `Fd mount(...)` declares a function of that name; `return mount(...)` calls one.
DECLARATION = re.compile(r"(?:^|[\s(])(?!return|co_return|co_await|else|throw|case)[\w:<>]+[>&*\w]\s+$")
DEBUG_PRINTS = re.compile(r"\b(KJ_DBG|std::cerr|std::cout)\b")


class Finding(collections.namedtuple("Finding", "rule path line text")):
    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


def tracked_files():
    output = subprocess.run(
        ["git", "-C", str(TOP), "ls-files", "-z"], check=False, capture_output=True, text=True
    ).stdout
    names = [name for name in output.split("\0") if name]
    if not names:  # an exported tree without git
        names = [str(p.relative_to(TOP)) for p in TOP.rglob("*") if p.is_file() and ".build" not in p.parts]
    return [name for name in names if (TOP / name).is_file()]


def without_comments_and_texts(source):
    """The source with comments and literals blanked out, line by line the same."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^\s(]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S
    )

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return pattern.sub(blank, source)


def functions(code):
    """(first line, number of lines) of each function body that is not inside another function."""
    stack, begin_text, line = [], "", 1
    for character in code:
        if character == "\n":
            line += 1
        if character == "{":
            head = begin_text.strip()
            if stack and stack[-1][0] in ("function", "inside"):
                kind = "inside"
            elif re.search(r"\bnamespace\b", head) or head.endswith('extern'):
                kind = "namespace"
            elif re.search(r"\b(class|struct|union|enum)\b[^()]*$", head):
                kind = "type"
            elif "(" in head:
                kind = "function"
            else:
                kind = "type"
            stack.append((kind, line))
            begin_text = ""
        elif character == "}":
            if stack:
                kind, first = stack.pop()
                if kind == "function":
                    yield first, line - first + 1
            begin_text = ""
        elif character == ";":
            begin_text = ""
        else:
            begin_text += character


def calls_the_system(line):
    return any(not DECLARATION.search(line[: call.start()]) for call in RAW_CALLS.finditer(line))


def room(path):
    parts = path.split("/")
    if parts[0] in ("plugins", "plugins-contrib") and len(parts) > 3:
        return "/".join(parts[:3])
    return parts[0]


def check_includes(path, source):
    own = room(path)
    for number, line in enumerate(source.split("\n"), 1):
        match = re.match(r'\s*#include\s+[<"]([^>"]+)[>"]', line)
        if not match:
            continue
        target = match.group(1)
        crosses = (
            (target.startswith("kernel/") and own != "kernel" and not own.startswith("tests"))
            or (target.startswith("plugins/") and not target.startswith(own + "/"))
            or "../" in target
        )
        if crosses:
            yield Finding("include-crosses-rooms", path, number, target)


def check_cpp(path):
    source = (TOP / path).read_text(errors="replace")
    lines = source.split("\n")
    code = without_comments_and_texts(source)
    test = path.endswith(("_test.cc", "_suite.cc", "_fuzz.cc")) or path.startswith("tests/")
    if len(lines) - 1 > LONGEST_FILE:
        yield Finding("file-too-long", path, 1, f"{len(lines) - 1} lines")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE and "http" not in line:
            yield Finding("line-too-long", path, number, f"{len(line)} columns")
    for first, count in functions(code):
        if count > LONGEST_FUNCTION and not test:
            yield Finding("function-too-long", path, first, f"{count} lines")
    for number, line in enumerate(code.split("\n"), 1):
        if DEBUG_PRINTS.search(line):
            yield Finding("debug-print", path, number, line.strip())
        if not test and not path.startswith(LAYER) and calls_the_system(line):
            yield Finding("raw-system-call", path, number, line.strip())
        if re.search(r"\bTODO\b", lines[number - 1]) and not re.search(
            r"TODO\((someday|perf|security)\)", lines[number - 1]
        ):
            yield Finding("todo-without-kind", path, number, lines[number - 1].strip())
    yield from check_includes(path, source)


def check_tested(paths):
    known = set(paths)
    for path in paths:
        watched = re.match(r"(kernel|sdk/src|sdk/[a-z]+|plugins)/.*\.cc$", path)
        if not watched or re.search(r"(_test|_suite|_fuzz|_main)\.cc$|/main/|/plugin\.cc$", path):
            continue
        if path.startswith(("sdk/testing/", "sdk/conformance/", "sdk/template/")):
            continue
        if path[:-3] + "_test.cc" not in known:
            yield Finding("source-without-test", path, 1, "no " + path[:-3] + "_test.cc")


def check_schema(path):
    lines = [line for line in (TOP / path).read_text().split("\n") if line.strip()]
    comments = sum(1 for line in lines if "#" in line)
    share = comments / max(1, len(lines))
    if share < LEAST_COMMENT_SHARE:
        yield Finding("schema-undocumented", path, 1, f"{share:.0%} of its lines have a comment")


def findings():
    paths = tracked_files()
    for path in paths:
        if path.endswith((".cc", ".h")):
            yield from check_cpp(path)
        if path.endswith(".capnp") and path.startswith("sdk/schema/"):
            yield from check_schema(path)
    yield from check_tested(paths)


def read_ratchet():
    allowed = {}
    if RATCHET.exists():
        for line in RATCHET.read_text().splitlines():
            if line and not line.startswith("#"):
                rule, path, count = line.split()
                allowed[(rule, path)] = int(count)
    return allowed


def write_ratchet(counts):
    head = "# What the house rules found when they came: rule, file, findings. Only ever shrinks (tidy.py --lower).\n"
    rows = sorted(f"{rule} {path} {count}\n" for (rule, path), count in counts.items() if count)
    RATCHET.write_text(head + "".join(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="print what the ratchet allows, too")
    parser.add_argument("--lower", action="store_true", help="lower the ratchet to what is found")
    arguments = parser.parse_args()
    found = list(findings())
    counts = collections.Counter((finding.rule, finding.path) for finding in found)
    allowed = read_ratchet()
    if arguments.lower:
        write_ratchet({key: min(count, allowed.get(key, 0)) for key, count in counts.items()})
        return 0
    failed = False
    for finding in found:
        key = (finding.rule, finding.path)
        excess = counts[key] > allowed.get(key, 0)
        if excess or arguments.verbose:
            print(finding)
        failed |= excess
    for (rule, path), count in sorted(allowed.items()):
        if counts[(rule, path)] < count:
            failed = True
            print(f"{path}: {rule}: only {counts[(rule, path)]} left of {count}; run tests/tidy/tidy.py --lower")
    print(f"{len(found)} findings, {sum(allowed.values())} allowed: {'FAILED' if failed else 'good'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
