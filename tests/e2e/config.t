#!/usr/bin/python3
# Proves: the exporter takes its settings from file, environment and flags. On SIGHUP it applies
# every live setting of a valid file, and nothing of an invalid one, and reports which it was. New
# health rules apply at once to the known past. docs/settings.md and the example agree with the
# program.
import os
import re
import signal
import subprocess
import time

import stream
import testbed

ROOT = os.path.dirname(testbed.TESTS)
NIC, NVME = "0000:04:00.1", "0000:03:00.0"
OK, SUSPECT, FAULTY = 0, 1, 2
SUCCESSFUL = "faultcast_config_last_reload_successful"
SUCCESS_TIME = "faultcast_config_last_reload_success_timestamp_seconds"
FAILURES = "faultcast_config_reload_failures_total"

RULE = "  - {{name: {}, kind: io_page_fault, threshold: {}, window: 1h, state: {}, clear-after: 1h}}\n"


def program(*flags, env=None):
    """Runs an exporter that exits by itself. Returns (exit status, standard output, standard
    error)."""
    done = subprocess.run([os.path.join(testbed.BUILD, "san/faultcast_exporter"), *flags], check=False,
                          capture_output=True, text=True, timeout=20, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


class File:
    """A configuration file."""

    def __init__(self, bed, text=""):
        self.path = os.path.join(bed.dir, "exporter.yaml")
        self.write(text)

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)


def rules(*rows):
    return "health:\n  rules:\n" + "".join(RULE.format(*row) for row in rows)


def documented():
    """{name: (default, how a change takes effect)} from docs/settings.md."""
    with open(os.path.join(ROOT, "docs/settings.md"), encoding="utf-8") as text:
        rows = re.findall(r"^\| `([a-z.-]+)` \| (.*?) \| (.*?) \|", text.read(), re.M)
    return {name: (default.strip("`"), change) for name, default, change in rows}


def helped():
    """{name: default} from --help, and the names that exist only as flags."""
    text = program("--help")[1]
    rows = re.findall(r"^  --([a-z.-]+)(\S*) .*?(?: \(default (.*)\))?$", text, re.M)
    only = re.findall(r"--([a-z.-]+)", re.search(r"^All flags except(.*)$", text, re.M).group(1))
    return {name: default if argument else "false" for name, argument, default in rows}, only


def documentation(bed):
    flags, only = helped()
    keys = documented()
    bed.tap.result(len(flags) > 10 and set(only) >= {"help", "version", "config.file"},
                   f"--help lists flags, and {' '.join(only)} as that alone")
    bed.tap.same(sorted(keys), sorted(set(flags) - set(only)), "docs/settings.md has each of the others")
    bed.tap.same({name: default for name, (default, _) in keys.items() if default != "none"},
                 {name: flags[name] for name in keys if flags[name]}, "with its default")


def check(bed, file):
    example = "--config.file=" + os.path.join(ROOT, "deploy/exporter.yaml")
    bed.tap.same(program("--config.check", example), (0, "all settings are sound\n", ""),
                 "--config.check of the example: sound")
    with open(os.path.join(ROOT, "deploy/exporter.yaml"), encoding="utf-8") as text:
        commented = re.findall(r"^# (health:|  .*(?:-|:) .*|  rules:)$", text.read(), re.M)
    file.write("\n".join(commented[commented.index("health:"):]))
    bed.tap.same(program("--config.check", "--config.file", file.path), (0, "all settings are sound\n", ""),
                 "of the exemption that the example shows in comments")
    file.write("log:\n  levle: info\n")
    bed.tap.same(program("--config.check", "--config.file", file.path),
                 (1, "", f"faultcast_exporter: {file.path}:2: expected the name of a flag (see --help) "
                         'or coverage.accept or health.rules, got "log.levle"\n'), "of a broken file: where and what")
    bed.tap.same(program("--config.check", env={"FAULTCAST_STORAGE_RETENTION_TIME": "1"})[::2],
                 (1, "faultcast_exporter: FAULTCAST_STORAGE_RETENTION_TIME: expected a duration from 1s to "
                     '100y, got "1"\n'), "of a broken variable: its name")
    bed.tap.same(program("--config.file=/nonexistent")[::2],
                 (1, "faultcast_exporter: /nonexistent: cannot be read: No such file or directory\n"),
                 "without the file the exporter does not start")


def hang_up(exporter):
    exporter.popen.send_signal(signal.SIGHUP)


def said(exporter, text, times=1):
    return testbed.wait_for(lambda: exporter.log().count(text) >= times, 10)


def state(exporter):
    return exporter.metric(SUCCESSFUL), exporter.metric(FAILURES)


def layers(bed, standin, file):
    file.write("web.telemetry-path: /of-file\nlog: {format: json, level: debug}\n")
    exporter = bed.start_exporter(standin, "--config.file=" + file.path, "--log.format=logfmt",
                                  env={"FAULTCAST_WEB_TELEMETRY_PATH": "/of-environment"})
    bed.wait(exporter.is_ready, "an exporter starts with a file, a variable and a flag")
    bed.tap.same([exporter.get(path)[0] for path in ("/of-environment", "/of-file", "/metrics")],
                 [200, 404, 404], "the environment goes over the file")
    bed.tap.result(re.match("ts=", exporter.log()), "flags override the file after a reload too")
    hang_up(exporter)
    bed.tap.result(said(exporter, "was read again"), "it reads the file again")
    bed.tap.same(exporter.get("/of-environment")[0], 200, "the environment still overrides the file")
    bed.tap.result(re.match("ts=", exporter.log().splitlines()[-1]), "the flag still overrides the file")
    exporter.check_stop()


def reload_takes_all_or_nothing(bed, standin, file):
    began = time.time()
    file.write("log: {level: warn}\n")
    exporter = bed.start_exporter(standin, "--config.file=" + file.path)
    bed.wait(exporter.is_ready, "an exporter starts")
    bed.tap.same(state(exporter), (1, 0), "the metric says that the settings were valid")
    first = exporter.metric(SUCCESS_TIME)
    bed.tap.result(began <= first <= time.time(), "just now")
    # The first rule and the level are valid.
    file.write("log: {level: debug}\n" + rules(("sound", 1, "faulty"), ("a b", 1, "faulty")))
    hang_up(exporter)
    bed.tap.result(said(exporter, f'level=error msg="settings stay as they are: {file.path}:5: '
                                  'health.rules.name: expected 1 to 47 letters'), "a broken file is refused")
    bed.tap.same(state(exporter), (0, 1), "counted")
    bed.tap.same(exporter.metric(SUCCESS_TIME), first, "the time stays that of the last success")
    os.unlink(file.path)
    hang_up(exporter)
    bed.tap.result(said(exporter, "cannot be read: No such file"), "so is none")
    bed.tap.same(state(exporter), (0, 2), "the next failure is counted again")
    bed.tap.result("level=debug" not in exporter.log() and "level=info" not in exporter.log(),
                   "the log's level is as before")
    file.write("log: {level: info, format: json}\n")
    hang_up(exporter)
    bed.tap.result(said(exporter, f'"level":"info","msg":"{file.path} was read again"'),
                   "a valid file is applied: level and format")
    bed.tap.same(state(exporter), (1, 2), "the metric says that it was applied")
    bed.tap.result(exporter.metric(SUCCESS_TIME) > first, "just now")
    return exporter


# For each setting a value that is not its default.
CHANGES = {
    "web.listen-address": "127.0.0.1:1", "web.unix-socket": "/x", "web.telemetry-path": "/x",
    "web.idle-timeout": "1s", "web.request-timeout": "1s", "web.response-timeout": "1s",
    "web.max-connections": "1", "web.max-connections-per-address": "1", "web.trusted-addresses": "::1",
    "web.max-requests": "1", "web.disable-exporter-metrics": "true", "web.openmetrics-created": "true",
    "metrics.serial": "true", "metrics.max-devices": "1", "metrics.removed-devices": "0s", "path.sysfs": "/x", "netlink.rcvbuf": "1", "storage.path": "/x", "storage.retention.time": "1h",
    "storage.retention.size": "32MB", "log.level": "warn", "log.format": "json",
}


def what_a_restart_changes(bed, standin, file):
    keys = documented()
    bed.tap.same(sorted(CHANGES), sorted(keys), "there is another value for each key")
    file.write("")
    exporter = bed.start_exporter(standin, "--config.file=" + file.path)
    bed.wait(exporter.is_ready, "an exporter starts with an empty file")
    file.write("".join(f"{name}: '{value}'\n" for name, value in CHANGES.items()))
    hang_up(exporter)
    said(exporter, "only a restart changes")
    line = re.search(r'level":"warn","msg":"only a restart changes (.*)"', exporter.log())
    # The testbed sets these with a flag and a variable, which override the file.
    expected = [name for name, (_, change) in keys.items()
                if change == "restart" and name not in ("web.listen-address", "metrics.serial")]
    bed.tap.same(line and sorted(line.group(1).split(", ")), sorted(expected),
                 "everything in the file changed: the log names the settings that need a restart")
    bed.tap.same((exporter.get("/metrics")[0], exporter.get("/x")[0]), (200, 404), "the running settings stay")
    bed.tap.same(state(exporter), (1, 0), "a needed restart is no failure")
    exporter.check_stop()


def gauge(exporter, device):
    return exporter.metric(f'faultcast_device_health{{device="{device}"}}')


def changes(exporter):
    with stream.Stream(exporter.address) as client:
        told = [m.document()["health"] for m in client.read_all() if m.body == "health"]
    return [(t["device"]["name"], t["to"].removeprefix("HEALTH_"), t["rule"]) for t in told]


def other_rules(bed, standin, file, exporter):
    standin.ask("publish 8")  # three I/O page faults of the NIC, one of the NVMe drive
    bed.wait(lambda: (gauge(exporter, NIC), gauge(exporter, NVME)) == (SUSPECT, SUSPECT),
             "by the default rules two devices are suspect")
    before = len(changes(exporter))
    hang_up(exporter)
    said(exporter, "was read again", 2)
    time.sleep(1.2)  # long enough for health to look again
    bed.tap.same((len(changes(exporter)), gauge(exporter, NIC)), (before, SUSPECT),
                 "a file without a change changes nothing")
    file.write(rules(("three", 3, "faulty"), ("nine", 9, "suspect")))
    hang_up(exporter)
    bed.wait(lambda: gauge(exporter, NIC) == FAULTY, "another rule finds one faulty by its past")
    bed.tap.same(gauge(exporter, NVME), OK, "the other device is ok by the new rules")
    told = changes(exporter)[before:]
    bed.tap.same(sorted(change for change in told if change[0] in (NIC, NVME)),
                 [(NVME, "OK", "io_page_fault_seen"), (NIC, "FAULTY", "three")],
                 "both changes are in the stream, with the removed and the new rule")
    # The rule has counted seven of nine, and keeps its count when another rule is removed.
    file.write(rules(("nine", 9, "suspect")))
    hang_up(exporter)
    bed.wait(lambda: gauge(exporter, NIC) == OK, "without the rule it is ok")
    standin.ask(f"suppress {NIC} 6")
    standin.ask("summarize")
    bed.wait(lambda: gauge(exporter, NIC) == SUSPECT, "the rule that stayed has gone on counting")
    file.write("health: {rules: []}\n")
    hang_up(exporter)
    bed.wait(lambda: gauge(exporter, NIC) is None, "without rules no device is judged")
    bed.tap.same({d.get("health", "HEALTH_UNSPECIFIED") for d in exporter.json("/v1/devices")["devices"]},
                 {"HEALTH_UNSPECIFIED"}, "in /v1/devices too")
    file.write("")
    hang_up(exporter)
    bed.wait(lambda: gauge(exporter, NIC) == SUSPECT, "an empty file has the default ones")


def rules_from_the_start(bed, standin, file):
    file.write(rules(("hundred", 100, "faulty")))
    exporter = bed.start_exporter(standin, "--config.file=" + file.path)
    bed.wait(exporter.is_ready, "an exporter starts with rules of its own")
    bed.wait(lambda: gauge(exporter, NIC) == OK, "by its own rules a suspect device is ok")
    exporter.check_stop()


def without_module(bed, standin, file):
    """The rules change while there is no module to ask for counters."""
    file.write("")
    exporter = bed.start_exporter(standin, "--config.file=" + file.path)
    testbed.wait_for(exporter.is_ready)
    bed.wait(lambda: gauge(exporter, NIC) == SUSPECT, "a device is suspect")
    standin.unload()
    bed.wait(lambda: exporter.get("/-/ready")[0] == 503, "the module goes")
    file.write(rules(("three", 3, "faulty")))
    hang_up(exporter)
    bed.tap.result(said(exporter, "was read again"), "the rules change")
    standin.ask("load")
    standin.ask("publish 1")  # so that the exporter looks at the devices
    bed.wait(lambda: gauge(exporter, NIC) == FAULTY, "when a module is loaded again the new rules judge the known past")


def oldest(exporter):
    return exporter.metric("faultcast_store_oldest_timestamp_seconds") or 0


def retention(bed, standin, file):
    """The events' clock is set back, so that the events are old."""
    standin.unload()
    standin.ask("load")
    standin.ask("step -7200")
    standin.ask("publish 50")
    standin.ask("step 0")
    path = os.path.join(bed.dir, "events")
    file.write("")
    exporter = bed.start_exporter(standin, "--config.file=" + file.path, "--storage.path=" + path)
    testbed.wait_for(exporter.is_ready)
    bed.wait(lambda: 0 < oldest(exporter) < time.time() - 7000, "a store has events of two hours ago")
    file.write("storage: {retention: {time: 1h}}\n")
    hang_up(exporter)
    bed.wait(lambda: oldest(exporter) == 0 or oldest(exporter) > time.time() - 3600,
             "the store deletes them when the limit is one hour")


def no_file(bed, standin):
    exporter = bed.start_exporter(standin)
    bed.wait(exporter.is_ready, "an exporter starts without a file")
    hang_up(exporter)
    bed.tap.result(said(exporter, "nothing to read again: no --config.file"), "SIGHUP does nothing to it")
    bed.tap.same(state(exporter), (1, 0), "the signal without a file is no failure")


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    file = File(bed)
    documentation(bed)
    check(bed, file)
    layers(bed, standin, file)
    what_a_restart_changes(bed, standin, file)
    exporter = reload_takes_all_or_nothing(bed, standin, file)
    other_rules(bed, standin, file, exporter)
    exporter.check_stop()
    rules_from_the_start(bed, standin, file)
    without_module(bed, standin, file)
    retention(bed, standin, file)
    no_file(bed, standin)


if __name__ == "__main__":
    testbed.run(test, seconds=120)
