"""Computes the expected metrics from the documents of /v1/devices and /v1/status: for each family,
the values by the labels that belong to it."""
import math

ACCESSES = ("read", "write", "unknown", "other")
SEVERITIES = ("nonfatal", "fatal", "corrected")
HOTPLUG = {"linkUp": "link_up", "linkDown": "link_down", "cardPresent": "card_present",
           "cardNotPresent": "card_not_present", "other": "other"}
HEALTH = {"HEALTH_OK": 0, "HEALTH_SUSPECT": 1, "HEALTH_FAULTY": 2}


def key(name, **labels):
    return frozenset({**labels, "__name__": "faultcast_" + name}.items())


def of_device(device):
    """The values of one device that are not zero."""
    name = device["address"]["name"]
    values = {key("io_page_faults_total", device=name, access=access): device["ioPageFaults"][access]
              for access in ACCESSES}
    values |= {key("aer_events_total", device=name, severity=severity): device["aer"][severity]
               for severity in SEVERITIES}
    values |= {key("aer_errors_total", device=name, error=error["name"],
                   severity=error["severity"].removeprefix("SEVERITY_").lower()): error["count"]
               for error in device.get("aerErrors", ())}
    values |= {key("link_events_total", device=name, event=event): device["hotplug"][field]
               for field, event in HOTPLUG.items()}
    values[key("link_events_total", device=name, event="link_changed")] = device["linkChanges"]
    values[key("events_suppressed_total", device=name)] = device["suppressed"]
    values[key("device_health", device=name)] = HEALTH[device["health"]]
    values[key("device_last_fault_timestamp_seconds", device=name)] = int(device["lastRealtimeNs"]) / 1e9
    return {series: float(value) for series, value in values.items() if float(value)}


def raised_of(device, kind):
    return {
        "io_page_fault": lambda: sum(map(int, device["ioPageFaults"].values())),
        "interrupt_remapping": lambda: int(device["interruptRemappingFaults"]),
        "aer": lambda: sum(map(int, device["aer"].values())),
        "link": lambda: int(device["linkChanges"]),
        "hotplug": lambda: sum(map(int, device["hotplug"].values())),
        "iommu_error": lambda: int(device["iommuErrors"]),
        "dpc": lambda: sum(map(int, device.get("dpc", {}).values())),
        "recovery": lambda: sum(map(int, device.get("recovery", {}).values())),
    }[kind]()


KINDS = ("io_page_fault", "interrupt_remapping", "aer", "link", "hotplug", "iommu_error", "dpc", "recovery")


def of_module(devices, module):
    values = {key("events_raised_total", kind=kind): sum(raised_of(device, kind) for device in devices)
              for kind in KINDS}
    values[key("events_lost_total", stage="queue")] = module["lost"]
    values[key("synthetic_events_total")] = sum(int(device["synthetic"]) for device in devices)
    values[key("module_info", version=module["version"], abi=str(module["abi"]))] = 1
    for probe in module["probes"]:
        active = probe["state"] == "PROBE_STATE_ACTIVE"
        values[key("probe_up", probe=probe["name"])] = active
        values[key("probe_failed", probe=probe["name"])] = probe["state"] == "PROBE_STATE_FAILED"
        if active:
            values[key("probe_info", probe=probe["name"], exact=str(probe["exact"]).lower())] = 1
    for name, field in (("hw_overflow", "hwOverflow"), ("probe_missed", "probeMissed"),
                        ("unknown_unit", "unknownUnit")):
        values[key(name + "_total")] = module[field]
    return {series: float(value) for series, value in values.items() if float(value)}


FAMILIES = ("io_page_faults", "aer_events", "aer_errors", "link_events", "events_suppressed", "device_health",
            "device_last_fault", "events_raised", "events_lost", "synthetic_events", "module_info",
            "probe_up", "probe_failed", "probe_info", "hw_overflow", "probe_missed", "unknown_unit")


def expected(devices, module):
    """Every series of FAMILIES that is not zero. For events_lost, only the losses in the kernel."""
    values = {}
    for device in devices:
        values |= of_device(device)
    return values | of_module(devices, module)


def told_by(exporter):
    """expected() for the documents of an exporter."""
    return expected(exporter.json("/v1/devices")["devices"], exporter.json("/v1/status")["module"])


def is_lost_elsewhere(series):
    """Whether the series is of events_lost and counts losses outside the kernel."""
    return ("__name__", "faultcast_events_lost_total") in series and ("stage", "queue") not in series


def differences(found, values):
    """Returns [(series, found, expected)]. A double cannot hold a present time in nanoseconds."""
    return [(sorted(series), found.get(series), values.get(series)) for series in found.keys() | values.keys()
            if abs(found.get(series, math.inf) - values.get(series, math.inf)) > 1e-6
            or (series in found) != (series in values)]
