#!/usr/bin/python3
# Proves: docs/metrics.md names every metric of the exporter with its labels, in the order of a
# scrape, and no other.
import os
import re

import prometheus
import testbed

NIC, NVME = "0000:04:00.1", "0000:03:00.0"
SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? \S+$")
LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')
# Metrics that exist only on other machines, or only after actions that this test does not take.
NOT_HERE = set()
# Metrics without a sample here, since the stand-in plays no SMMUv3.
NO_SAMPLE = {"faultcast_iommu_stalls_total"}


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
    """{metric: labels} of the sections of the page."""
    with open(os.path.join(prometheus.TOP, "docs/metrics.md"), encoding="utf-8") as file:
        sections = file.read().split("\n## ")[1:]
    found = {}
    for section in sections:
        kind = " ".join(section.split("\n\n")[1].split())
        found[re.match(r"`(\w+)`", section)[1]] = set(re.findall(r"`(\w+)`", kind.partition(" Label")[2]))
    return found


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    standin.ask(f"alias 0000:41:00.0 {NIC}")
    config = os.path.join(bed.dir, "exporter.yaml")
    with open(config, "w", encoding="ascii") as file:
        file.write("coverage.accept: [{kind: aer, reason: not_native}]\n")
    exporter = bed.start_exporter(standin, "--config.file=" + config,
                                  "--storage.path=" + os.path.join(bed.dir, "store"))
    bed.wait(exporter.is_ready, "the exporter is ready")
    standin.ask("publish 32")
    standin.ask(f"suppress {NIC} 1")
    standin.ask(f"lose {NVME} 1")
    standin.ask("unit-error 0 context_entry_absent 1")
    families = exposed(exporter.get("/metrics")[1])
    labels = documented()
    expected = [name for name in labels if name not in NOT_HERE]
    bed.tap.same(list(families), expected, f"{len(families)} metrics are in docs/metrics.md, and no others")
    wrong = [(name, sorted(labels[name]), sorted(has)) for name, has in families.items()
             if labels.get(name, has) != has and name not in NO_SAMPLE]
    bed.tap.same(wrong, [], "with the labels that they have")


if __name__ == "__main__":
    testbed.run(test, seconds=40)
