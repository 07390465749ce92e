#!/usr/bin/python3
# Proves: the clients in proto/README.md work as printed, with Python's own protobuf and with
# protobufjs from npm. They receive every event once, also across a restart of the exporter. A
# browser's EventSource works too: here the package eventsource, which follows the same standard.
import os
import re
import subprocess
import sys

import testbed

README = os.path.join(os.path.dirname(testbed.TESTS), "proto/README.md")
# tests/e2e/node-modules creates this directory.
NODE_MODULES = os.path.join(testbed.BUILD, "node_modules")


def snippets(language):
    with open(README, encoding="utf-8") as readme:
        return re.findall(rf"^```{language}\n(.*?)^```", readme.read(), re.MULTILINE | re.DOTALL)


class Client(testbed.Process):
    """A client whose standard output goes to a file."""

    def __init__(self, bed, command, **where):
        self.out_path = os.path.join(bed.dir, f"{len(bed.processes)}.out")
        with open(self.out_path, "wb") as out:
            super().__init__(bed, command, stdout=out, **where)

    def lines(self):
        with open(self.out_path, encoding="utf-8") as out:
            return [line.split() for line in out.read().split("\n")[:-1]]

    def seqs(self):
        return [int(line[0].split(".")[1]) for line in self.lines() if line[1:2] == ["event"]]


def python_client(bed, url):
    path = os.path.join(bed.dir, "client.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(snippets("python")[0])
    env = {**os.environ, "PYTHONPATH": os.path.join(testbed.BUILD, "gen/python")}
    return bed.started(Client(bed, [sys.executable, path, url], env=env))


def javascript_client(bed, name, text, url):
    path = os.path.join(bed.dir, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    if not os.path.exists(os.path.join(bed.dir, "node_modules")):
        os.symlink(NODE_MODULES, os.path.join(bed.dir, "node_modules"))
    return bed.started(Client(bed, ["/usr/bin/node", path, url],
                              cwd=os.path.join(os.path.dirname(testbed.TESTS), "proto")))


def browser(url):
    """The program of the exporter's page, where EventSource exists and relative addresses are
    resolved."""
    return f"""import {{ EventSource as Standard }} from "eventsource";
class EventSource extends Standard {{ constructor(path) {{ super(new URL(path, "{url}")); }} }}
const log = console.log;
console.log = (id, message) => log(id, Object.keys(message).find((name) => name !== "cursor"));
{snippets("javascript")[1]}"""


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    exporter = bed.start_exporter(standin, port=10300)
    bed.wait(exporter.is_ready, "the exporter is ready")
    url = "http://127.0.0.1:10300"
    clients = {
        "Python": python_client(bed, url),
        "JavaScript": javascript_client(bed, "client.mjs", snippets("javascript")[0], url),
        "EventSource": javascript_client(bed, "browser.mjs", browser(url), url),
    }
    for name, client in clients.items():
        bed.wait(lambda client=client: client.lines(), f"{name}: is connected")
    standin.ask("publish 500")
    for name, client in clients.items():
        bed.wait(lambda client=client: len(client.seqs()) == 500, f"{name}: 500 events")
    exporter.check_stop()
    standin.ask("publish 200")
    exporter = bed.start_exporter(standin, port=10300)
    bed.wait(exporter.is_ready, "the exporter is there again")
    standin.ask("publish 300")
    for name, client in clients.items():
        bed.wait(lambda client=client: client.seqs()[-1:] == [1000], f"{name}: the events during and after the restart arrive")
        bed.tap.same(client.seqs(), list(range(1, 1001)), f"{name}: each once and in order")
    bed.tap.result(any(line[1] == "event" and re.match(r"[0-9a-f]{4}:", line[2])
                       for line in clients["JavaScript"].lines() if len(line) > 2)
                   and any(line[1] == "event" and re.match(r"[0-9a-f]{4}:", line[2])
                           for line in clients["Python"].lines() if len(line) > 2),
                   "they name the device")


if __name__ == "__main__":
    testbed.run(test, seconds=120)
