"""Timing fairly: contenders take turns in one run, and medians and ratios of the same turn count."""

import os
import statistics
import tempfile
import time


class CannotRun(Exception):
    """What was to be measured did not work; says what, and what it printed."""


class Command:
    """A program that is timed as a whole, from its start until its end is known."""

    def __init__(self, name, arguments, environment=None, before=None):
        self.name = name
        self.arguments = arguments  # a list, or a function of the turn's number that gives one
        self.environment = environment or dict(os.environ)
        self.before = before  # called ahead of each turn, not timed

    def run(self, turn):
        """Seconds."""
        if self.before:
            self.before()
        arguments = self.arguments(turn) if callable(self.arguments) else self.arguments
        with tempfile.TemporaryFile() as errors:
            actions = [
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                (os.POSIX_SPAWN_DUP2, errors.fileno(), 2),
            ]
            begin = time.perf_counter()
            pid = os.posix_spawnp(arguments[0], arguments, self.environment, file_actions=actions)
            status = os.waitpid(pid, 0)[1]
            seconds = time.perf_counter() - begin
            code = os.waitstatus_to_exitcode(status)
            if code != 0:
                errors.seek(0)
                text = errors.read().decode(errors="replace").strip()
                raise CannotRun(f"{' '.join(arguments)}: exit code {code}: {text[-600:]}")
        return seconds


def take_turns(commands, rounds, pause, warm_up=3):
    """{name: seconds of each round}. Every round begins with another contender; `pause` seconds
    after each turn keep what the kernel still tidies up from being charged to the next one."""
    samples = {command.name: [] for command in commands}
    for turn in range(-warm_up, rounds):
        shift = turn % len(commands)
        for command in commands[shift:] + commands[:shift]:
            seconds = command.run(turn)
            if turn >= 0:
                samples[command.name].append(seconds)
            time.sleep(pause)
    return samples


def ratio(ours, theirs):
    """The median of the ratios of each round: it holds when the machine's speed drifts."""
    return statistics.median(a / b for a, b in zip(ours, theirs))
