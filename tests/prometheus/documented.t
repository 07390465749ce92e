#!/usr/bin/python3
# Proves: the table in README's section Metrics names every metric of the exporter with its labels,
# and no other.
import os
import re

import prometheus
import testbed

NIC, NVME = "0000:04:00.1", "0000:03:00.0"
SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? \S+$")
LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')
# Metrics that exist only on other machines, or only after actions that this test does not take.
NOT_HERE = set()


def exposed(text):
    """{family: labels} of a text exposition, including families without samples."""
    families, name = {}, None
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            families[name] = set()
        elif not line.startswith("#"):
            families[name] |= set(LABEL.findall(SAMPLE.match(line)[2] or ""))
    return families


def documented():
    """The table's rows as [(metrics, labels)], for our metrics and for process_*."""
    with open(os.path.join(prometheus.TOP, "README.md"), encoding="utf-8") as file:
        section = file.read().split("\n## Metrics\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    return [(re.findall(r"`(\w+)(?:\*|)`", names), set(labels.replace(",", " ").split())) for names, labels in rows]


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    exporter = bed.start_exporter(standin, "--storage.path=" + os.path.join(bed.dir, "store"))
    bed.wait(exporter.is_ready, "the exporter is ready")
    standin.ask("publish 32")
    standin.ask(f"suppress {NIC} 1")
    standin.ask(f"lose {NVME} 1")
    families = exposed(exporter.get("/metrics")[1])
    ours = {name for name in families if not name.startswith("process_")}
    rows = documented()
    bed.tap.same(sorted(ours | NOT_HERE), sorted(name for names, _ in rows for name in names if name != "process_"),
                 f"{len(ours)} metrics are in README, and no others")
    wrong = [(names, sorted(labels), sorted(has)) for names, labels in rows
             if (has := set().union(*(families.get(name, set()) for name in names))) != labels
             and not NOT_HERE.issuperset(names) and names != ["process_"]]
    bed.tap.same(wrong, [], "with the labels that they have")


if __name__ == "__main__":
    testbed.run(test, seconds=40)
