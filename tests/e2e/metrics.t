#!/usr/bin/python3
# Proves: /metrics says the same in each format, plain and gzipped, with a few devices and with
# thousands. Exemplars name events that can be read. Any number of clients get whole pages, also
# slow ones. The number of answers at a time is bounded. The exporter survives clients that leave,
# and exits while clients wait.
import concurrent.futures
import gzip
import http.client
import json
import os
import re
import socket
import struct
import sys
import time

import stream
import testbed

sys.path.insert(0, os.path.join(testbed.BUILD, "gen/python/io/prometheus/client"))
import metrics_pb2  # noqa: E402

TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
PROTOBUF = ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
            "encoding=delimited")
# Series that change between two scrapes of an idle exporter.
RESTLESS = re.compile(r"process_|faultcast_scrapes_total")
NIC = "0000:04:00.1"


def scrape(server, accept=TEXT, encoding=None, method="GET"):
    """Returns (status, headers, body)."""
    connection = server.connect()
    headers = {"Accept": accept, **({"Accept-Encoding": encoding} if encoding else {})}
    try:
        connection.request(method, "/metrics", headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def samples_of_text(body):
    """{series: value} of either text format, with sorted labels and without exemplars."""
    found = {}
    for line in body.decode().splitlines():
        if line.startswith("#") or RESTLESS.match(line):
            continue
        name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*?)\})? ([^ ]+)(?: # .*)?", line).groups()
        found[name, tuple(sorted(re.findall(r'(\w+)="(.*?)"', labels or "")))] = float(value)
    return found


def families(body):
    at = 0
    while at < len(body):
        size, at = stream.ProtobufReader.varint(body, at)
        yield metrics_pb2.MetricFamily.FromString(body[at:at + size])
        at += size


def bound(value):
    text = "+Inf" if value == float("inf") else f"{value:g}"
    return text if re.search(r"[.eI]", text) else text + ".0"


def samples_of_protobuf(body):
    found = {}
    for family in families(body):
        for metric in family.metric:
            labels = [(label.name, label.value) for label in metric.label]
            key = tuple(sorted(labels))
            if RESTLESS.match(family.name):
                continue
            if family.type == metrics_pb2.HISTOGRAM:
                histogram = metric.histogram
                for bucket in histogram.bucket:
                    le = ("le", bound(bucket.upper_bound))
                    found[family.name + "_bucket", tuple(sorted([*labels, le]))] = bucket.cumulative_count
                found[family.name + "_sum", key] = histogram.sample_sum
                found[family.name + "_count", key] = histogram.sample_count
            elif family.type == metrics_pb2.COUNTER:
                found[family.name, key] = metric.counter.value
            else:
                found[family.name, key] = metric.gauge.value
    return found


def formats(bed, exporter, what):
    tap = bed.tap
    # Health is judged once a second, and names are looked up after the first scrape. After that
    # nothing changes any more.
    exporter.get("/metrics")
    time.sleep(1.2)
    plain = {}
    for accept, content_type, parse in (
            (TEXT, "text/plain; version=0.0.4; charset=utf-8", samples_of_text),
            (OPENMETRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8", samples_of_text),
            (PROTOBUF, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
             "encoding=delimited", samples_of_protobuf)):
        name = f"{what}: {content_type.split(';')[0]}"
        status, headers, body = scrape(exporter, accept)
        tap.same((status, headers["Content-Type"], headers.get("Content-Encoding"), headers["Vary"]),
                 (200, content_type, None, "Accept, Accept-Encoding"), f"{name} as asked for")
        plain[content_type] = parse(body)
        status, headers, zipped = scrape(exporter, accept, "gzip")
        tap.same((status, headers["Content-Encoding"]), (200, "gzip"), f"{name} gzipped")
        tap.same(parse(gzip.decompress(zipped)), plain[content_type], "the gzipped content is the same")
        tap.result(len(zipped) < len(body) / 2, "gzip makes it much smaller")
    text, openmetrics, protobuf = plain.values()
    tap.result(len(text) > 40, f"{what}: there are samples in it")
    tap.same(different(openmetrics, text), {}, f"{what}: OpenMetrics has the same samples as the text")
    tap.same(different(protobuf, text), {}, "protobuf has the same samples as the text")


def different(ours, theirs):
    """{series: values} for series that differ by more than the precision of a double."""
    values = {key: (ours.get(key), theirs.get(key)) for key in ours.keys() | theirs.keys()}
    return {key: pair for key, pair in values.items()
            if None in pair or abs(pair[0] - pair[1]) > 1e-12 * abs(pair[1])}


def negotiation(bed, exporter):
    for accept in ("image/png", "*/*", "application/openmetrics-text;version=0.0.1", ",;q=x"):
        status, headers, _ = scrape(exporter, accept)
        bed.tap.same((status, headers["Content-Type"].split(";")[0]), (200, "text/plain"),
                     f"Accept {accept!r} gets text")
    several = (("Accept", "image/png"), ("accept", OPENMETRICS), ("Accept", f"{TEXT};q=0.1"),
               ("Accept-Encoding", "br"), ("Accept-Encoding", "gzip"))
    connection = exporter.connect()
    connection.putrequest("GET", "/metrics", skip_accept_encoding=True)
    for line in several:
        connection.putheader(*line)
    connection.endheaders()
    response = connection.getresponse()
    bed.tap.same((response.headers["Content-Type"].split(";")[0], response.headers["Content-Encoding"]),
                 ("application/openmetrics-text", "gzip"), "lines of the same header are one list")
    status, headers, body = scrape(exporter, method="HEAD")
    bed.tap.same((status, body), (200, b""), "HEAD has no body")
    bed.tap.result(int(headers["Content-Length"]) > 1000, "HEAD has the length of the body")
    for target, status in (("http://a.b:1/-/healthy", 200), ("HTTP://a.b/nowhere", 404), ("http://a.b", 200)):
        bed.tap.same(exporter.get(target)[0], status, f"a request for {target} gets {status}")


def exemplars(bed, exporter):
    tap = bed.tap
    body = scrape(exporter, OPENMETRICS)[2].decode()
    tap.result(body.endswith("\n# EOF\n"), "OpenMetrics ends with # EOF")
    found = dict(re.findall(r'^(faultcast_\w+\{.*?\}) \S+ # \{cursor="(.*?)"\} \S+ \S+$', body, re.M))
    counter = f'faultcast_io_page_faults_total{{device="{NIC}",access="write"}}'
    tap.result(counter in found, "a counter of faults has an exemplar")
    messages = map(json.loads, exporter.get("/v1/events")[1].splitlines())
    events = {message["cursor"]: message["event"] for message in messages if "event" in message}
    event = events.get(found.get(counter), {})
    tap.same((event.get("device", {}).get("name"), event.get("ioPageFault", {}).get("access")),
             (NIC, "ACCESS_WRITE"), "which is the cursor of an event of just that kind")
    alike = [cursor for cursor, e in events.items() if e["device"]["name"] == NIC and
             e.get("ioPageFault", {}).get("access") == "ACCESS_WRITE"]
    tap.same(found.get(counter), alike[-1], "the exemplar is the newest event")
    tap.result(any("delivery_seconds_bucket" in series for series in found), "the buckets have exemplars")
    tap.same([cursor for cursor in found.values() if cursor not in events], [],
             "no exemplar names what cannot be read")
    gauges = re.findall(r"^# TYPE (\w+) gauge$", body, re.M)
    tap.same([name for name in gauges if re.search(rf"^{name}\b.* # ", body, re.M)], [], "gauges have none")
    tap.result("# " not in re.sub(r"^#.*$", "", scrape(exporter)[2].decode(), flags=re.M),
               "and the text format has none")


def native_histogram(bed, exporter):
    for family in families(scrape(exporter, PROTOBUF)[2]):
        if family.name == "faultcast_delivery_seconds":
            histogram = family.metric[0].histogram
            counts, value = 0, 0
            for delta in histogram.positive_delta:
                value += delta
                counts += value
            bed.tap.same(counts + histogram.zero_count, histogram.sample_count,
                         "the native buckets hold every observation")
            bed.tap.result(histogram.sample_count > 0, "there are observations")
            bed.tap.same(sum(span.length for span in histogram.positive_span),
                         len(histogram.positive_delta), "and its spans say where")


def created(bed, standin):
    exporter = ready(bed, standin, "--web.openmetrics-created", "--web.disable-exporter-metrics")
    body = scrape(exporter, OPENMETRICS)[2].decode()
    ns = int(exporter.json("/v1/status")["module"]["loadedRealtimeNs"])
    loaded = f"{ns // 10**9}.{ns % 10**9:09}".rstrip("0").rstrip(".")
    bed.tap.same(set(re.findall(r"^faultcast_io_page_faults_created\{.*\} (\S+)$", body, re.M)), {loaded},
        "counters of the kernel say that they count since the module was loaded")
    time_of_load = re.search(r"^faultcast_module_load_timestamp_seconds (\S+)$", body, re.M)
    bed.tap.same(time_of_load and time_of_load[1], loaded, "so does a metric of its own")
    ours = re.search(r"^faultcast_delivery_seconds_created (\S+)$", body, re.M)
    bed.tap.result(ours, "the exporter's own counters say since when they count")
    lost = dict(re.findall(r'^faultcast_events_lost_created\{stage="(.*)"\} (\S+)$', body, re.M))
    bed.tap.same((lost.pop("queue"), set(lost.values())), (loaded, {ours and ours[1]}),
                 "in a metric with both, each series has its own start time")
    bed.tap.same(re.findall(r"^(?:process_|faultcast_scrapes).*", body, re.M), [],
                 "and there is nothing about the exporter itself")
    exporter.check_stop()


def ready(bed, standin, *flags, **options):
    exporter = bed.start_exporter(standin, *flags, **options)
    bed.wait(exporter.is_ready, "an exporter is ready")
    return exporter


def ask(exporter):
    """Opens a connection and sends the request."""
    sock = socket.socket()
    sock.settimeout(20)
    sock.connect(exporter.address)
    sock.sendall(f"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: {TEXT}\r\n\r\n".encode())
    return sock


def answer(sock):
    response = http.client.HTTPResponse(sock)
    response.begin()
    return response.status, response.read()


def bounded(bed, standin):
    tap = bed.tap
    exporter = ready(bed, standin, "--web.max-requests=4")
    standin.pause()
    waiting = [ask(exporter), ask(exporter)]
    # One address gets half. Connections are accepted in order, so the third request finds two in progress.
    status, body = answer(ask(exporter))
    tap.same((status, body), (503, b"too many requests for /metrics are being answered already\n"),
             "a third request at the same time is refused")
    standin.resume()
    tap.same([answer(sock)[0] for sock in waiting], [200, 200], "the first two are answered")
    for sock in waiting:
        sock.close()
    standin.pause()
    for sock in [ask(exporter), ask(exporter)]:
        # SO_LINGER 0 makes close() send a reset.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    time.sleep(0.2)
    standin.resume()
    refused = []
    bed.wait(lambda: scrape(exporter)[0] == 200 or refused.append(503), "clients that have left do not count")
    tap.same([exporter.metric(f'faultcast_scrapes_total{{result="{result}"}}')
              for result in ("rejected", "failed")], [1 + len(refused), 0], "what became of all is counted")
    standin.pause()
    waiting = [ask(exporter), ask(exporter)]
    time.sleep(0.2)
    exporter.popen.terminate()
    tap.same(exporter.popen.wait(20), 0, "the exporter exits while clients wait")
    standin.resume()


def many(bed, standin):
    """Thousands of devices, scraped by many clients at once and by slow ones."""
    tap = bed.tap
    exporter = ready(bed, standin, "--web.max-requests=0")
    formats(bed, exporter, "4096 devices")
    slow = [ask(exporter) for _ in range(3)]
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        pages = list(pool.map(lambda i: scrape(exporter, (TEXT, OPENMETRICS, PROTOBUF)[i % 3],
                                               ("gzip", None)[i % 2]), range(72)))
    tap.same({status for status, _, _ in pages}, {200}, "72 scrapes at once are answered")
    whole = [len(gzip.decompress(body) if headers.get("Content-Encoding") else body)
             for _, headers, body in pages]
    # The process's own metrics and the number of scrapes may differ.
    tap.same([max(whole[i::3]) - min(whole[i::3]) < 100 for i in range(3)], [True] * 3,
             "each of them has a whole page")
    answers = [answer(sock) for sock in slow]
    tap.same([(status, len(samples_of_text(body))) for status, body in answers],
             [(200, len(samples_of_text(scrape(exporter)[2])))] * 3, "slow readers get theirs in the end")
    exporter.check_stop()


def test(bed):
    standin = bed.start_standin()
    exporter = bed.start_exporter(standin)
    bed.wait(exporter.answers, "an exporter without a module")
    formats(bed, exporter, "no module")
    exporter.check_stop()
    standin.ask("load")
    exporter = ready(bed, standin)
    standin.ask("publish 200 1000")
    bed.wait(lambda: exporter.has(200), "events arrive")
    formats(bed, exporter, "some devices")
    negotiation(bed, exporter)
    exemplars(bed, exporter)
    native_histogram(bed, exporter)
    exporter.check_stop()
    created(bed, standin)
    bounded(bed, standin)
    standin.unload()
    standin.ask("load fleet=4096")
    standin.ask("publish 8192")
    many(bed, standin)


if __name__ == "__main__":
    testbed.run(test, seconds=200)
