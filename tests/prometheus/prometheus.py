"""Runs Debian's Prometheus in a test: its configuration, its queries, and proxies that record the
format of each answer. tests/e2e/testbed.py starts and ends all processes."""
import http.client
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse

import yaml

sys.dont_write_bytecode = True  # the source tree stays free of generated files
HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
DEPLOY = os.path.join(TOP, "deploy", "prometheus")
RULES = [os.path.join(DEPLOY, name) for name in ("rules.yml", "alerts.yml")]
sys.path.insert(1, os.path.join(TOP, "tests", "e2e"))

import testbed  # noqa: E402

PROGRAM = "/usr/bin/prometheus"
PROMTOOL = "/usr/bin/promtool"
NEVER = "0001-01-01T00:00:00Z"
INTERVAL = 1  # seconds between two scrapes
FORMATS = {"text": "text/plain; version=0.0.4",
           "openmetrics": "application/openmetrics-text",
           "protobuf": "application/vnd.google.protobuf"}
# Log messages about a scrape that went wrong. Prometheus has other warnings too.
TROUBLE = re.compile(r"level=(warn|error).*(scrape|ingest|append|out.of.order|duplicate|rule|exemplar).*", re.I)


def promtool(*arguments, text=None):
    """Returns (succeeded, output)."""
    done = subprocess.run([PROMTOOL, *arguments], input=text, capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode == 0, (done.stdout + done.stderr).strip()


class Prometheus(testbed.Process):
    """A server that scrapes @targets, {instance: (host, port)}, as job faultcast. It evaluates the
    files @rules, and does both every @interval seconds."""

    def __init__(self, bed, port, targets, rules=(), native_histograms=False, interval=INTERVAL):
        self.address = ("127.0.0.1", port)
        self.instances = set(targets)
        home = os.path.join(bed.dir, f"prometheus-{port}")
        os.mkdir(home)
        config = os.path.join(home, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            yaml.safe_dump(configuration(targets, rules, interval), file)
        features = ["exemplar-storage"] + ["native-histograms"] * native_histograms
        super().__init__(bed, [PROGRAM, f"--config.file={config}", f"--storage.tsdb.path={home}/data",
                               f"--web.listen-address=127.0.0.1:{port}",
                               f"--enable-feature={','.join(features)}"])

    def api(self, path, **parameters):
        """The data of an answer. Raises testbed.Error with Prometheus's message for a refusal."""
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        try:
            connection.request("GET", f"/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}")
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if answer["status"] != "success":
            raise testbed.Error(f"{path} {parameters}: {answer['error']}")
        return answer["data"]

    def query(self, expression):
        """{frozenset of (label, value): value} of an instant vector, without the label job."""
        return {labels_of(sample["metric"]): float(sample["value"][1]) if "value" in sample else sample["histogram"]
                for sample in self.api("query", query=expression)["result"]}

    def value(self, expression):
        """The value of the only series, or None."""
        values = list(self.query(expression).values())
        if len(values) > 1:
            raise testbed.Error(f"{expression}: {len(values)} series, expected one")
        return values[0] if values else None

    def is_ready(self):
        try:
            connection = http.client.HTTPConnection(*self.address, timeout=5)
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def health(self):
        """{instance: (health, last error)} of the targets."""
        return {target["labels"]["instance"]: (target["health"], target["lastError"])
                for target in self.api("targets")["activeTargets"]}

    def has_scraped(self):
        """The time of each target's last scrape, as text."""
        return {target["labels"]["instance"]: target["lastScrape"]
                for target in self.api("targets")["activeTargets"]}

    def wait_scrapes(self, count=2):
        """Waits until every target has been scraped @count more times, the last time starting after
        now. A new server begins to scrape its targets after some seconds."""
        for _ in range(count):
            before = self.has_scraped()
            if not testbed.wait_for(lambda: self.instances == {
                    instance for instance, when in self.has_scraped().items() if when != before.get(instance, NEVER)}, 20):
                raise testbed.Error(f"not all targets are scraped: {self.health()}")

    def firing(self):
        """{(alert name, instance)} of the firing alerts."""
        return {(alert["labels"]["alertname"], alert["labels"].get("instance"))
                for alert in self.api("alerts")["alerts"] if alert["state"] == "firing"}

    def trouble(self):
        return [line for line in self.log().splitlines() if TROUBLE.search(line)]


def start(bed, port, targets, **options):
    """Starts a Prometheus and waits until it is ready. It may not have scraped yet."""
    server = bed.started(Prometheus(bed, port, targets, **options))
    bed.wait(server.is_ready, "a Prometheus is ready")
    return server


def configuration(targets, rules, interval):
    return {
        "global": dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), f"{interval}s"),
        "rule_files": list(rules),
        "scrape_configs": [{"job_name": "faultcast", "static_configs": [
            {"targets": [f"{host}:{port}"], "labels": {"instance": instance}}
            for instance, (host, port) in targets.items()]}],
    }


def labels_of(metric):
    return frozenset((name, value) for name, value in metric.items() if name != "job")


def labels(**pairs):
    """The key of Prometheus.query() for these labels; "name" stands for __name__."""
    return frozenset(("__name__" if name == "name" else name, value) for name, value in pairs.items())


class Proxy:
    """A proxy between Prometheus and @target. It replaces Accept by @accept if that is given. It
    keeps the Content-Type and Content-Encoding of each answer in `answers`."""

    def __init__(self, port, target, accept=None):
        self.address = ("127.0.0.1", port)
        self.answers = set()
        handler = type("Handler", (Handler,), {"target": target, "accept": accept, "answers": self.answers})
        self.server = http.server.ThreadingHTTPServer(self.address, handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def formats(self):
        """The names in FORMATS of the answers. An unknown content type is returned unchanged."""
        names = {kind.replace(" ", ""): name for name, kind in FORMATS.items()}
        return {next((name for kind, name in names.items() if answer.replace(" ", "").startswith(kind)), answer)
                for answer, _ in self.answers}

    def encodings(self):
        return {encoding for _, encoding in self.answers}


class Handler(http.server.BaseHTTPRequestHandler):
    """The request handler of Proxy."""

    def do_GET(self):  # pylint: disable=invalid-name
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() in ("accept", "accept-encoding")}
        if self.accept:
            headers["Accept"] = self.accept
        connection = http.client.HTTPConnection(*self.target, timeout=20)
        try:
            connection.request("GET", self.path, headers=headers)
            response = connection.getresponse()
            self.forward(response, response.read())
        except OSError:
            self.send_error(502)
        finally:
            connection.close()

    def forward(self, response, body):
        encoding = response.headers.get("Content-Encoding")
        if response.status == 200:
            self.answers.add((response.headers["Content-Type"], encoding))
        self.send_response(response.status)
        self.send_header("Content-Type", response.headers["Content-Type"])
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass
