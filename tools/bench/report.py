"""What was measured, as a table for people and as JSON for programs."""

import json
import statistics

UNITS = {"s": (1, "s"), "ms": (1e3, "ms"), "us": (1e6, "us"), "MiB": (1 / (1 << 20), "MiB"), "": (1, "")}


def shown(value, unit):
    factor, name = UNITS[unit]
    number = value * factor
    digits = 0 if number >= 1000 else 1 if number >= 100 else 2
    return f"{number:,.{digits}f} {name}".strip()


class Report:
    def __init__(self):
        self.parts = []
        self.problems = []  # what could not be run and should have been

    def begin(self, name, title):
        self.parts.append({"part": name, "title": title, "figures": [], "targets": [], "absent": []})

    @property
    def current(self):
        return self.parts[-1]

    def figure(self, name, samples, unit, note=""):
        """`samples` in seconds, bytes or plain numbers."""
        self.current["figures"].append(
            {
                "name": name, "unit": unit, "note": note, "median": statistics.median(samples),
                "min": min(samples), "max": max(samples), "samples": samples,
            }
        )

    def target(self, text, measured, limit, least=False, unit="x"):
        """`least`: the measured value should be at least the limit, else at most."""
        met = measured >= limit if least else measured <= limit
        self.current["targets"].append(
            {"text": text, "measured": measured, "limit": limit, "least": least, "unit": unit, "met": met}
        )

    def absent(self, peer, why):
        self.current["absent"].append({"peer": peer, "why": why})
        print(f"== NOT COMPARED WITH {peer}: {why}", flush=True)

    def problem(self, what):
        self.problems.append({"part": self.current["part"], "what": what})
        print(f"== {self.current['part']} COULD NOT BE MEASURED: {what}", flush=True)

    # -- for people

    def print(self):
        for part in self.parts:
            print(f"\n{part['title']}")
            self._print_figures(part["figures"])
            for peer in part["absent"]:
                print(f"  {peer['peer']:<34} ABSENT: {peer['why']}")
            for target in part["targets"]:
                self._print_target(target)
        for problem in self.problems:
            print(f"\nNOT MEASURED: {problem['part']}: {problem['what']}")

    def _print_figures(self, figures):
        if not figures:
            return
        print(f"  {'':<34} {'median':>12} {'least':>12} {'most':>12}   times")
        for figure in figures:
            values = [shown(figure[key], figure["unit"]) for key in ("median", "min", "max")]
            line = f"  {figure['name']:<34} " + " ".join(f"{value:>12}" for value in values)
            print(f"{line}   {len(figure['samples']):>5}  {figure['note']}".rstrip())

    def _print_target(self, target):
        unit = f" {target['unit']}" if target["unit"] else ""
        word = "at least" if target["least"] else "at most"
        verdict = "met" if target["met"] else "MISSED"
        print(
            f"  target: {target['text']:<40} {word:>8} {target['limit']:g}{unit}"
            f"   measured {target['measured']:.2f}{unit}   {verdict}"
        )

    # -- for programs

    def write(self, path, machine):
        with open(path, "w") as file:
            json.dump({"machine": machine, "parts": self.parts, "problems": self.problems}, file, indent=1)
            file.write("\n")
