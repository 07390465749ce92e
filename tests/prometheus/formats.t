#!/usr/bin/python3
# Proves: Debian's Prometheus scrapes the exporter in each format without an error. It then has
# every counter of the kernel for each device and kind, with type and help text. The cursor of an
# exemplar finds its event. Delivery times are a classic or a native histogram.
import time

import prometheus
import stream
import testbed
import truth

NIC, NVME = "0000:04:00.1", "0000:03:00.0"
FAMILIES = "faultcast_(" + "|".join(truth.FAMILIES) + ").*"
QUANTILE = ('histogram_quantile(0.99, sum by (instance) (rate(faultcast_delivery_seconds[1m]))) or '
            'histogram_quantile(0.99, sum by (instance, le) (rate(faultcast_delivery_seconds_bucket[1m])))')


class Scraped:
    """One exporter, as Prometheus sees it in one format."""

    def __init__(self, server, proxy, name):
        self.server, self.proxy, self.name = server, proxy, name

    def values(self):
        """The values that are not zero, in the form of truth.expected()."""
        found = self.server.query(f'{{__name__=~"{FAMILIES}",instance="{self.name}"}}')
        return {series - {("instance", self.name)}: value for series, value in found.items()
                if value and not truth.is_lost_elsewhere(series)}


def families(text):
    """Returns ({name without _total: (type, help)}, the names with samples) of a text exposition."""
    found, filled, name = {}, set(), None
    for line in text.splitlines():
        if line.startswith("#"):
            _, what, name, value = line.split(" ", 3)
            found.setdefault(name.removesuffix("_total"), {})[what] = value
        else:
            filled.add(name.removesuffix("_total"))
    return {name: (words["TYPE"], words["HELP"]) for name, words in found.items()}, filled


def metadata(bed, exporter, scraped):
    told = scraped.server.api("targets/metadata", match_target=f'{{instance="{scraped.name}"}}')
    got = {row["metric"].removesuffix("_total"): (row["type"], row["help"]) for row in told}
    expected, filled = families(exporter.get("/metrics")[1])
    if scraped.name == "protobuf":  # the protobuf format cannot express a family without samples
        expected = {name: what for name, what in expected.items() if name in filled}
    bed.tap.same(sorted(got.items()), sorted(expected.items()), f"{scraped.name}: types and help of all {len(expected)} families")


def event_at(exporter, cursor):
    """The event at @cursor in /v1/events. The request asks for events after the previous number."""
    instance, seq, _ = cursor.split(".")
    with stream.Stream(exporter.address, f"after={instance}.{int(seq) - 1}.0") as client:
        return next((m for m in client.read_all() if m.cursor == cursor), None)


def exemplars(bed, exporter, scraped):
    histogram = "faultcast_delivery_seconds" + ("" if scraped.name == "protobuf" else "_bucket")
    for metric, field in (("faultcast_io_page_faults_total", "ioPageFault"), ("faultcast_aer_events_total", "aer"),
                          (histogram, "device")):
        rows = scraped.server.api("query_exemplars", query=f'{metric}{{instance="{scraped.name}"}}',
                                  start=time.time() - 600, end=time.time() + 1)
        found = [(row["seriesLabels"], exemplar["labels"]["cursor"]) for row in rows for exemplar in row["exemplars"]]
        events = [(series, event_at(exporter, cursor)) for series, cursor in found]
        wrong = [(series, event and event.document()) for series, event in events
                 if not event or field not in event.document()["event"]
                 or series.get("device") not in (None, event.document()["event"]["device"]["name"])]
        bed.tap.result(found and not wrong, f"{scraped.name}: {len(found)} exemplars of {metric}, "
                       "whose cursors find events of the device")
        for what in wrong[:3]:
            bed.tap.diag(repr(what))


def classic_histogram(bed, exporter, scraped):
    name = f'{{instance="{scraped.name}"}}'
    count = scraped.server.value(f"faultcast_delivery_seconds_count{name}")
    bed.tap.same(count, exporter.metric("faultcast_delivery_seconds_count"),
                 f"{scraped.name}: {count} delivery times as a classic histogram")
    buckets = scraped.server.query(f"faultcast_delivery_seconds_bucket{name}")
    bed.tap.same(sorted(buckets.values())[-1], count, f"{scraped.name}: whose {len(buckets)} buckets have all")


def native_histogram(bed, exporter, scraped):
    name = f'faultcast_delivery_seconds{{instance="{scraped.name}"}}'
    count = scraped.server.value(f"histogram_count({name})")
    bed.tap.same(count, exporter.metric("faultcast_delivery_seconds_count"),
                 f"{scraped.name}: {count} delivery times as a native histogram")
    total = scraped.server.value(f"histogram_sum({name})")
    bed.tap.same(total, exporter.metric("faultcast_delivery_seconds_sum"), f"{scraped.name}: with their sum")
    # The classic and the native histogram agree up to a bound, within the width of a native bucket.
    median = scraped.server.value(f"histogram_quantile(0.5, {name})")
    low, high = around_median(exporter.get("/metrics")[1])
    bed.tap.result(median is not None and low / 1.2 <= median <= high * 1.2,
                   f"{scraped.name}: its median {median} is where the classic one is, {low} to {high}")


def around_median(text):
    """The bounds of the classic bucket that contains the median."""
    buckets = [(float(line.split('le="')[1].split('"')[0]), float(line.rsplit(" ", 1)[1]))
               for line in text.splitlines() if line.startswith("faultcast_delivery_seconds_bucket")]
    half, low = buckets[-1][1] / 2, 0
    for bound, count in buckets:
        if count >= half:
            return low, bound
        low = bound
    return low, float("inf")


def quantile(bed, scraped):
    values = {series: value for series, value in scraped.server.query(QUANTILE).items()
              if ("instance", scraped.name) in series}
    bed.tap.result(len(values) == 1 and 0 < next(iter(values.values())) < 10,
                   f"{scraped.name}: one query has the 99th percentile of either: {list(values.values())} s")


def faults(standin):
    """Raises faults of all kinds and devices, published, suppressed and lost."""
    standin.ask("publish 160 1000")
    standin.ask(f"suppress {NIC} 7")
    standin.ask(f"lose {NVME} 3")
    standin.ask("summarize")
    return standin.ask("status")["head"]


def start(bed, exporter):
    """Starts proxies that make Prometheus scrape the exporter in each of the three formats."""
    proxies = {"openmetrics": prometheus.Proxy(9101, exporter.address),
               "text": prometheus.Proxy(9102, exporter.address, prometheus.FORMATS["text"]),
               "protobuf": prometheus.Proxy(9103, exporter.address)}
    plain = prometheus.start(bed, 9090, {name: proxies[name].address for name in ("openmetrics", "text")})
    native = prometheus.start(bed, 9091, {"protobuf": proxies["protobuf"].address}, native_histograms=True)
    for server in (plain, native):
        server.wait_scrapes()
    return [Scraped(native if name == "protobuf" else plain, proxy, name) for name, proxy in proxies.items()]


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    exporter = bed.start_exporter(standin)
    bed.wait(exporter.is_ready, "the exporter is ready")
    faces = start(bed, exporter)
    for _ in range(3):  # exemplars and rates need several scrapes between faults
        head = faults(standin)
        bed.wait(lambda: exporter.has(head), "the exporter has all events")  # pylint: disable=cell-var-from-loop
        for server in {face.server for face in faces}:
            server.wait_scrapes()
    time.sleep(1.1)  # the health watch looks once a second
    for server in {face.server for face in faces}:
        server.wait_scrapes()
    expected = truth.told_by(exporter)
    raised = sum(counts[0] for counts in standin.devices().values())
    bed.tap.same(sum(value for series, value in expected.items() if ("__name__", "faultcast_events_raised_total") in series
                     or ("__name__", "faultcast_synthetic_events_total") in series), raised,
                 f"the exporter tells of all {raised} that the kernel raised")
    for face in faces:
        bed.tap.same(face.proxy.formats(), {face.name}, f"{face.name}: this is what was scraped")
        bed.tap.same(face.proxy.encodings(), {"gzip"}, f"{face.name}: compressed")
        bed.tap.same(face.server.value(f'min_over_time(up{{instance="{face.name}"}}[5m])'), 1, f"{face.name}: each scrape succeeded")
        bed.tap.same(truth.differences(face.values(), expected), [],
                     f"{face.name}: all {len(expected)} series are the kernel's")
        metadata(bed, exporter, face)
        quantile(bed, face)
    for face in faces[:2]:
        classic_histogram(bed, exporter, face)
    native_histogram(bed, exporter, faces[2])
    exemplars(bed, exporter, faces[0])
    exemplars(bed, exporter, faces[2])
    for server in {face.server for face in faces}:
        bed.tap.same(server.trouble(), [], "Prometheus complains of nothing")
    text = exporter.get("/metrics")[1]
    series = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
    bed.tap.same(len(series), len(set(series)), f"none of {len(series)} series comes twice, which Prometheus would not say")
    bed.tap.same(prometheus.promtool("check", "metrics", text=text), (True, ""), "nor does promtool of the text format")


if __name__ == "__main__":
    testbed.run(test, seconds=100)
