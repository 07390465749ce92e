#!/usr/bin/python3
# Proves: an alert that fires goes on firing, with the same labels, through a missed scrape, a restart
# of the exporter and a reload of the module. promtool evaluates each alert through each of these.
# Without keep_firing_for, as in alerts-compat.yml, most alerts would end and start anew.
import os
import re
import sys
import tempfile

import yaml

import prometheus
from tap import Tap

BEGIN, END = 70, 85  # minutes: when the disturbance begins, and when the test looks back
CHANGE = 20  # the minute at which a value changes
WATCHED = 20  # how many minutes the test looks back
# {name: minutes without scrapes, minutes without the module, whose counters restart afterwards}
DISTURBANCES = {"a missed scrape": (1, 0, ""), "a restart of the exporter": (2, 0, "exporter"),
                "a reload of the module": (0, 3, "module")}

CARD = {"device": "0000:41:00.0"}
INFO = {**CARD, "slot": "7-1", "driver": "amdgpu", "vendor": "AMD", "model": "MI300X"}
VTD = {"probe": "vtd"}
EXACT = {"kind": "io_page_fault", "state": "exact", "reason": "none"}
IDENTITY = {"kind": "io_page_fault", "state": "unwatched", "reason": "identity"}
UP = ("up", 1, {}, "prometheus")
BUILD = ("faultcast_build_info", 1, {"version": "2"}, "exporter")


def host(alert):
    return {"job": "faultcast", "instance": alert}


def health(state):
    return [("faultcast_device_health", state, CARD, "module"), ("faultcast_device_info", 1, INFO, "exporter")]


def aer(severity):
    return health(2) + [("faultcast_aer_events_total", "+1", {**CARD, "severity": severity}, "module")]


# For each alert the labels with which it fires, and the series for which it does: name, value, labels,
# and the program whose end ends the series. A counter grows by "+N" a minute. A pair is a value that
# changes before the alert fires.
CASES = {
    "FaultcastDeviceFaulty": (INFO, health(2)),
    "FaultcastDeviceSuspect": (INFO, health(1)),
    "FaultcastDeviceStorm": (INFO, health(2) + [("faultcast_events_suppressed_total", "+600", CARD, "module")]),
    "FaultcastAerFatal": (INFO, aer("fatal")),
    "FaultcastAerNonfatal": (INFO, aer("nonfatal")),
    "FaultcastAerCorrected": (INFO, aer("corrected")),
    "FaultcastDeviceUnwatched": (IDENTITY, [("faultcast_device_coverage", 3, IDENTITY, "module")]),
    "FaultcastCoverageLost": ({"kind": "io_page_fault"},
                              [("faultcast_device_coverage", (9, 2), EXACT, "module"),
                               ("faultcast_device_coverage", (0, 7), IDENTITY, "module")]),
    "FaultcastDevicesOmitted": ({}, [("faultcast_devices_omitted", 7, {}, "exporter")]),
    "FaultcastExporterDown": ({}, [("up", 0, {}, "prometheus")]),
    "FaultcastExporterAbsent": ({"instance": None}, []),
    "FaultcastModuleAbsent": ({}, [BUILD]),
    "FaultcastSourceDown": ({"source": "netlink"},
                            [("faultcast_source_up", 0, {"source": "netlink"}, "exporter"),
                             ("faultcast_module_info", 1, {"version": "2"}, "module")]),
    "FaultcastProbeDown": (VTD, [("faultcast_probe_failed", 1, VTD, "module"),
                                 ("faultcast_probe_up", 0, VTD, "module")]),
    "FaultcastStoreDown": ({}, [("faultcast_store_up", 0, {}, "exporter")]),
    "FaultcastConfigReloadFailed": ({}, [("faultcast_config_last_reload_successful", 0, {}, "exporter")]),
    "FaultcastVersionSkew": ({"version": "1"}, [BUILD, ("faultcast_module_info", 1, {"version": "1"}, "module")]),
    "FaultcastEventsLost": ({"stage": "stream"},
                            [("faultcast_events_lost_total", "+1", {"stage": "stream"}, "exporter")]),
    "FaultcastSourceInexact": ({**VTD, "exact": "false"},
                               [("faultcast_probe_info", 1, {**VTD, "exact": "false"}, "module")]),
    "FaultcastIommuErrors": ({"kind": "iommu_error"},
                             [("faultcast_events_raised_total", "+1", {"kind": "iommu_error"}, "module")]),
    "FaultcastHardwareOverflow": ({}, [("faultcast_hw_overflow_total", "+1", {}, "module")]),
    "FaultcastProbeMissed": ({}, [("faultcast_probe_missed_total", "+1", {}, "module")]),
}
# Alerts for what is absent: the disturbance is that the series appears for a moment.
APPEARS = {"FaultcastExporterDown": UP, "FaultcastExporterAbsent": UP,
           "FaultcastModuleAbsent": ("faultcast_module_info", 1, {"version": "2"}, "module")}
# The condition of these holds through any disturbance, because it looks at counters alone.
NEED_NO_KEEPING = {"FaultcastEventsLost", "FaultcastHardwareOverflow", "FaultcastIommuErrors", "FaultcastProbeMissed"}


def label_set(labels):
    return ",".join(f'{name}="{value}"' for name, value in labels.items() if value is not None)


def samples(value, gone, restarts):
    """The values of a series for promtool. @gone: the minutes in which it is absent. @restarts: a
    counter begins again after them."""
    texts, zero = [], 0
    for minute in range(END + 1):
        if minute in gone:
            texts.append("_" if minute - 1 in gone else "stale")
            zero = minute + 1 if restarts else zero
        elif isinstance(value, tuple):
            texts.append(str(value[minute >= CHANGE]))
        elif isinstance(value, str):
            texts.append(str(int(value) * (minute - zero)))
        else:
            texts.append(str(value))
    return texts


def input_series(alert, disturbance):
    no_scrape, no_module, restarts = DISTURBANCES[disturbance]
    gone = {"prometheus": set(), "exporter": set(range(BEGIN, BEGIN + no_scrape)),
            "module": set(range(BEGIN, BEGIN + no_scrape + no_module))}
    series = {}
    for name, value, labels, origin in CASES[alert][1]:
        series[name, label_set({**host(alert), **labels})] = samples(value, gone[origin], restarts == origin)
    if alert in APPEARS:
        name, value, labels, _ = APPEARS[alert]
        there = series.setdefault((name, label_set({**host(alert), **labels})), ["_"] * (END + 1))
        there[BEGIN:BEGIN + 2] = [str(value), "stale" if there[BEGIN + 1] == "_" else there[BEGIN + 1]]
    return [{"series": f"{name}{{{labels}}}", "values": " ".join(values)} for (name, labels), values in series.items()]


def expectation(alert, severity):
    firing = {"alertname": alert, "alertstate": "firing", **host(alert), **CASES[alert][0]}
    fires = {**firing, "severity": severity}
    return {"expr": f'count_over_time(ALERTS{{{label_set(firing)}}}[{WATCHED}m])',
            "eval_time": f"{END}m", "exp_samples": [{"labels": f"{{{label_set(fires)}}}", "value": WATCHED + 1}]}


def run(rules, severities, disturbances):
    """Returns the alerts that end with this file of alerts, and all that promtool says. Each alert
    has a host of its own, but FaultcastExporterAbsent needs a Prometheus without any."""
    alone = {"FaultcastExporterAbsent"}
    tests = [{"name": disturbance, "interval": "1m",
              "input_series": [series for alert in together for series in input_series(alert, disturbance)],
              "promql_expr_test": [expectation(alert, severities[alert]) for alert in together]}
             for disturbance in disturbances for together in (sorted(set(CASES) & set(severities) - alone), alone)]
    document = {"rule_files": [rules], "evaluation_interval": "1m", "tests": tests}
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
        yaml.safe_dump(document, file)
        file.flush()
        _, said = prometheus.promtool("test", "rules", file.name)
    return set(re.findall(r'expr: "count_over_time\(ALERTS{alertname=\\"(\w+)', said)), said


def main():
    tap = Tap(sys.stdout)
    alerts, compat = (os.path.join(prometheus.DEPLOY, name) for name in ("alerts.yml", "alerts-compat.yml"))
    with open(alerts, encoding="utf-8") as file:
        severities = {rule["alert"]: rule["labels"]["severity"]
                      for group in yaml.safe_load(file)["groups"] for rule in group["rules"]}
    tap.same(sorted(CASES), sorted(severities), "each alert has a case")
    failed, said = run(alerts, severities, DISTURBANCES)
    if not tap.result(not failed and "SUCCESS" in said, "no alert ends by a disturbance"):
        tap.diag(said)
    failed, _ = run(compat, severities, ["a missed scrape"])
    tap.same(sorted(failed), sorted(set(severities) - NEED_NO_KEEPING),
             "without keep_firing_for they would, except those that look at counters alone")
    tap.finish()
    sys.exit(1 if tap.failed else 0)


if __name__ == "__main__":
    main()
