#!/usr/bin/python3
# Proves: Prometheus accepts the rules, alerts and example configuration of deploy/prometheus. Each
# alert has test cases in which it fires and in which it does not, and all pass. Each alert has a
# severity, a duration, texts for people, and a section in docs/runbooks.md, which has no other
# sections. No alert has its own threshold for faults. The alerts for older versions of Prometheus are
# up to date.
import glob
import os
import re
import subprocess
import sys

import yaml

import prometheus
from tap import Tap

SEVERITIES = {"info", "warning", "critical"}
CASES = sorted(glob.glob(os.path.join(prometheus.DEPLOY, "tests", "*.yml")))
# The metrics of faults. An alert may only ask whether there were any faults, and only of a device
# that the exporter's health rules have judged.
FAULTS = re.compile(r"faultcast_(io_page_faults|aer_events|aer_errors|device_faults|link_events|events_raised|events_suppressed)")
# No rule judges an IOMMU.
OF_NO_DEVICE = 'faultcast_events_raised_total{kind="iommu_error"}'


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def alerts(name="alerts.yml"):
    groups = load(os.path.join(prometheus.DEPLOY, name))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def cases():
    """Returns (alerts that fire in some case, alerts that do not fire in some case)."""
    checks = [check for path in CASES for test in load(path)["tests"] for check in test.get("alert_rule_test", ())]
    return ({check["alertname"] for check in checks if check["exp_alerts"]},
            {check["alertname"] for check in checks if not check["exp_alerts"]})


def complaints(name, rule):
    """The missing parts of an alert, as a list of texts."""
    annotations = rule.get("annotations", {})
    if rule.get("labels", {}).get("severity") not in SEVERITIES:
        yield f"its severity is none of {sorted(SEVERITIES)}"
    for wanted in ("for", "keep_firing_for"):
        if wanted not in rule:
            yield f"no {wanted}"
    for wanted in ("summary", "description"):
        if not annotations.get(wanted):
            yield f"no {wanted}"
    if annotations.get("runbook_url") != f"docs/runbooks.md#{name.lower()}":
        yield f"its runbook_url is {annotations.get('runbook_url')}"
    if FAULTS.search(rule["expr"].replace(OF_NO_DEVICE, "")):
        if "faultcast_device_health > 0" not in rule["expr"]:
            yield "it is about faults, whatever the health rules say"
        if re.findall(r"\]\)\s*([<>=!]+\s*[0-9.e]+)", rule["expr"]) != ["> 0"]:
            yield "it has a threshold of faults"


def compat():
    """The present alerts-compat.yml, and the alerts that it should have."""
    made = subprocess.run([os.path.join(prometheus.DEPLOY, "compat")], capture_output=True, text=True, check=True)
    with open(os.path.join(prometheus.DEPLOY, "alerts-compat.yml"), encoding="utf-8") as file:
        is_now = file.read()
    without = {name: {key: value for key, value in rule.items() if key != "keep_firing_for"}
               for name, rule in alerts().items()}
    return is_now, made.stdout, without


def sections():
    with open(os.path.join(prometheus.TOP, "docs", "runbooks.md"), encoding="utf-8") as file:
        return re.findall(r"^## (.*)$", file.read(), re.M)


def main():
    tap = Tap(sys.stdout)
    found = alerts()
    for path in (*prometheus.RULES, os.path.join(prometheus.DEPLOY, "alerts-compat.yml")):
        ok, said = prometheus.promtool("check", "rules", path)
        tap.same((ok, re.findall("duplicate|FAILED|could", said)), (True, []),
                 f"promtool check rules {os.path.basename(path)}")
    is_now, made, without = compat()
    tap.same(is_now, made, "alerts-compat.yml is as `make alerts` writes it")
    tap.same(alerts("alerts-compat.yml"), without, "it has the same alerts without keep_firing_for")
    ok, said = prometheus.promtool("check", "config", os.path.join(prometheus.DEPLOY, "prometheus.yml"))
    tap.result(ok, "promtool check config") or tap.diag(said)
    for path in CASES:
        ok, said = prometheus.promtool("test", "rules", path)
        tap.result(ok, f"promtool test rules {os.path.basename(path)}")
        for line in said.splitlines() if not ok else ():
            tap.diag(line)
    firing, silent = cases()
    tap.same(sorted(firing), sorted(found), f"each of {len(found)} alerts has a case in which it fires")
    tap.same(sorted(silent), sorted(found), "and one in which it does not")
    wrong = [f"{name}: {what}" for name, rule in found.items() for what in complaints(name, rule)]
    tap.same(wrong, [], "each is complete, and none has a threshold of its own for faults")
    tap.same(sorted(sections()), sorted(found), "each has a runbook, and each runbook its alert")
    tap.finish()
    sys.exit(1 if tap.failed else 0)


if __name__ == "__main__":
    main()
