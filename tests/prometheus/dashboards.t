#!/usr/bin/python3
# Proves: the dashboards of deploy/grafana are valid. Every query in them and in their variables has
# a result from a real Prometheus. It scrapes four hosts: one with native histograms, one with
# classic histograms, one without the module, and one that does not answer. Queries without a result
# are listed here with the reason.
import glob
import json
import os
import re
import time

import prometheus
import testbed
from sysfs import Sysfs

BOARDS = sorted(glob.glob(os.path.join(prometheus.TOP, "deploy", "grafana", "*.json")))
NIC, NVME, GPU, PORT = "0000:04:00.1", "0000:03:00.0", "0000:41:00.0", "0000:00:1c.0"
COLUMNS = 24
WATCHED = ("native", "classic")  # hosts with data
BUILT_IN = {"$__rate_interval": "1m", "$__range": "1m"}

# (dashboard, panel, refId): why it has no result here.
EMPTY = {}
# The same for single hosts of the host dashboard.
EMPTY_ON = {
    ("classic", "Store", "A"): "this exporter has no store",
}


class Board:
    """A dashboard."""

    def __init__(self, path):
        self.name = os.path.basename(path).removesuffix(".json")
        with open(path, encoding="utf-8") as file:
            self.json = json.load(file)
        self.panels = self.json["panels"]
        self.variables = {variable["name"]: variable for variable in self.json["templating"]["list"]}

    def queries(self):
        """The queries as (panel title, refId, expression)."""
        return [(panel["title"], target["refId"], target["expr"])
                for panel in self.panels for target in panel["targets"]]

    def complaints(self):
        ids = [panel["id"] for panel in self.panels]
        if len(set(ids)) < len(ids):
            yield "an id comes twice"
        titles = [panel["title"] for panel in self.panels]
        if len(set(titles)) < len(titles):
            yield "a title comes twice"
        taken = {}
        for panel in self.panels:
            title = panel["title"]
            if not panel.get("description"):
                yield f"{title}: no description"
            if not panel["fieldConfig"]["defaults"].get("unit"):
                yield f"{title}: no unit"
            if panel["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
                yield f"{title}: not the chosen data source"
            for cell in cells(panel["gridPos"]):
                if cell[0] >= COLUMNS:
                    yield f"{title}: beyond column {COLUMNS}"
                if cell in taken:
                    yield f"{title} covers {taken[cell]}"
                    break
                taken[cell] = title


def cells(at):
    return [(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])]


def substituted(text, values):
    """Replaces variables as Grafana does."""
    for name, value in [*BUILT_IN.items(), *((f"${name}", value) for name, value in values.items())]:
        text = re.sub(re.escape(name) + r"\b", value, text)
    if "$" in text:
        raise testbed.Error(f"a variable is left in {text}")
    return text


def variable_values(server, variable, values):
    """The values that Grafana offers for a variable of type query."""
    found = re.fullmatch(r"label_values\((?:(.*), )?(\w+)\)", variable["query"]["query"])
    if not found:
        raise testbed.Error(f"{variable['name']}: this test does not know {variable['query']['query']}")
    match = {"match[]": substituted(found[1], values)} if found[1] else {}
    return server.api(f"label/{found[2]}/values", **match)


def chosen(server, board, instance):
    """Chooses All for each variable that has it, and @instance."""
    values = {}
    for name, variable in board.variables.items():
        if variable["type"] != "query":
            continue
        offered = variable_values(server, variable, values)
        if variable.get("includeAll"):
            values[name] = variable.get("allValue") or f"({'|'.join(offered)})"
        else:
            values[name] = instance
            if instance not in offered:
                raise testbed.Error(f"{name}: {instance} is not offered, but {offered}")
    return values


def ask(server, board, instance):
    """Runs all queries. Returns ({(panel, refId) without a result}, [errors])."""
    values = chosen(server, board, instance)
    empty, errors = set(), []
    for title, ref, expression in board.queries():
        try:
            if not server.api("query", query=substituted(expression, values))["result"]:
                empty.add((title, ref))
        except testbed.Error as error:
            errors.append(f"{title}: {error}")
    return empty, errors


def machine(bed):
    """A sysfs with the stand-in's devices, one of which is not watched."""
    sysfs = Sysfs(os.path.join(bed.dir, "sysfs"))
    sysfs.add(f"pci0000:00/{PORT}", driver="pcieport", domain="DMA", aer=True)
    sysfs.add(f"pci0000:00/{PORT}/{NIC}", vendor=0x15b3, model=0x101d, driver="mlx5_core", domain="DMA", aer=True)
    sysfs.add(f"pci0000:00/{PORT}/{NVME}", vendor=0x144d, model=0xa80a, driver="nvme", domain="identity")
    sysfs.add(f"pci0000:00/{PORT}/{GPU}", vendor=0x1002, model=0x74a1, driver="amdgpu", domain="DMA-FQ", aer=True)
    sysfs.add_slot("4", NIC.split(".", maxsplit=1)[0])
    return sysfs.root


def exporters(bed):
    """Starts four hosts. Returns {instance: address} and the stand-ins of those with a module."""
    sysfs = f"--path.sysfs={machine(bed)}"
    flags = {"native": [sysfs, f"--storage.path={bed.dir}/store"], "classic": [sysfs], "no-module": [sysfs]}
    standins, targets = {}, {"down": ("127.0.0.1", 1)}
    for instance, more in flags.items():
        standin = bed.start_standin()
        exporter = bed.start_exporter(standin, *more)
        if instance != "no-module":
            standin.ask("load")
            bed.wait(exporter.is_ready, f"{instance}: an exporter is ready")
            standins[instance] = standin
        targets[instance] = exporter.address
    targets["classic"] = prometheus.Proxy(9102, targets["classic"], prometheus.FORMATS["text"]).address
    return targets, standins


def faults(server, standins):
    """Raises faults of each kind more than once, so that there are rates."""
    for _ in range(3):
        for standin in standins.values():
            standin.ask("publish 32 1000")
            standin.ask(f"suppress {NIC} 9")
            standin.ask(f"lose {NVME} 2")
            standin.ask("summarize")
        server.wait_scrapes()
    time.sleep(2 * prometheus.INTERVAL)  # the recording rules lag one interval behind


def fleet(bed, server, board):
    empty, errors = ask(server, board, None)
    bed.tap.same(errors, [], f"{board.name}: all {len(board.queries())} queries are accepted")
    bed.tap.same(sorted(empty), sorted((title, ref) for name, title, ref in EMPTY if name == board.name),
                 f"{board.name}: and have an answer, but for what is listed")


def host(bed, server, board):
    for instance in ("native", "classic", "no-module"):
        empty, errors = ask(server, board, instance)
        bed.tap.same(errors, [], f"{board.name}: {instance}: all {len(board.queries())} queries are accepted")
        if instance in WATCHED:
            listed = [(title, ref) for name, title, ref in EMPTY_ON if name == instance]
            listed += [(title, ref) for name, title, ref in EMPTY if name == board.name]
            bed.tap.same(sorted(empty), sorted(listed),
                         f"{board.name}: {instance}: and have an answer, but for what is listed")


def test(bed):
    boards = [Board(path) for path in BOARDS]
    for board in boards:
        bed.tap.same(list(board.complaints()), [], f"{board.name}: {len(board.panels)} panels that are complete, "
                     "none over another")
    bed.tap.same([board.json["uid"] for board in boards], ["faultcast-fleet", "faultcast-host"], "both dashboards are there")
    targets, standins = exporters(bed)
    server = prometheus.start(bed, 9090, targets, rules=prometheus.RULES, native_histograms=True)
    server.wait_scrapes()
    bed.tap.same({instance for instance, (health, _) in server.health().items() if health == "up"},
                 set(targets) - {"down"}, "it scrapes three hosts of four")
    faults(server, standins)
    fleet(bed, server, boards[0])
    host(bed, server, boards[1])
    native = server.query("histogram_count(faultcast_delivery_seconds)")
    classic = server.query("faultcast_delivery_seconds_count")
    bed.tap.result(any(("instance", "native") in series for series in native) and
                   not any(("instance", "native") in series for series in classic) and
                   any(("instance", "classic") in series for series in classic),
                   "one host's histograms are native, another one's classic")
    bed.tap.same(server.trouble(), [], "Prometheus complains of nothing")


if __name__ == "__main__":
    testbed.run(test, seconds=100)
