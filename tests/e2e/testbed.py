"""Runs a test on the host: the exporter under test and a stand-in for the kernel module. Both end
with the test, whatever happens.

A test is a function that takes a Testbed. run() gives it its own network and process namespaces.
So any port is free, no other test's netlink messages arrive, and no process outlives the test:

    #!/usr/bin/python3
    # Proves: ...
    import testbed

    def test(bed):
        standin = bed.start_standin()
        standin.ask("load")
        exporter = bed.start_exporter(standin)
        bed.wait(exporter.is_ready, "the exporter is ready")
        bed.tap.same(standin.ask("publish 5")["head"], 5, "events are numbered from 1")

    if __name__ == "__main__":
        testbed.run(test, seconds=60)

stream.py reads /v1/events for a test, and account.py checks that nothing is missing.
"""
import ctypes
import fcntl
import http.client
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True  # the source tree stays free of generated files
TESTS = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(1, TESTS)

from tap import Tap  # noqa: E402

BUILD = os.path.abspath(os.environ.get("O") or os.path.join(os.path.dirname(TESTS), "build"))
FIRST_PORT = 10186
# Seconds between telling a test that its time is over and killing it.
GRACE = 10
UPTIME = 86400  # seconds that the clocks since boot are ahead in the test

PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


class Error(Exception):
    """The test cannot continue."""


def run(test, seconds, prepare=None):
    """Runs test(bed) and exits. After @seconds it fails. All processes that it started end with it.
    prepare() is called before the namespaces are entered: it may use the network, and has no limit."""
    if os.environ.get("FAULTCAST_TESTBED") != str(os.getppid()):
        if prepare:
            prepare()
        enter_namespaces(seconds)
    loopback_up()
    tap = Tap(sys.stdout)
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, out_of_time)
    signal.alarm(seconds)
    with Testbed(tap) as bed:
        try:
            test(bed)
        except Exception as error:  # pylint: disable=broad-except
            tap.result(False, f"the test ran to its end: {error}")
            for line in traceback.format_exc().splitlines():
                tap.diag(line)
        bed.end()
    tap.finish()
    sys.exit(1 if tap.failed else 0)


def out_of_time(number, _frame):
    raise Error(f"{signal.Signals(number).name}: out of time")


def enter_namespaces(seconds):
    """Runs this program again in namespaces, which end with every process in them. Without root, it
    becomes root of a user namespace."""
    command = ["timeout", "--foreground", "--signal=KILL", str(seconds + GRACE), "unshare", "--net",
               "--pid", "--fork", "--kill-child", "--mount-proc"]
    # Tests use events that are hours old, and the machine may have booted a minute ago.
    if os.path.exists("/proc/self/ns/time"):
        command += ["--time", f"--monotonic={UPTIME}", f"--boottime={UPTIME}"]
    if os.geteuid():
        command.append("--map-root-user")
    # The first process in there cannot see its parent.
    os.environ["FAULTCAST_TESTBED"] = "0"
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", request)[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


class Testbed:
    """The argument of a test: `tap`, the processes that it starts, and `dir`, an empty directory."""

    def __init__(self, tap):
        self.tap = tap
        self.dir = tempfile.mkdtemp(prefix="faultcast-e2e-")
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        for process in self.processes:
            process.kill()
        shutil.rmtree(self.dir)

    def start_standin(self):
        """Starts a stand-in whose module is not loaded yet."""
        return self.started(Standin(self))

    def start_exporter(self, standin, *flags, san=True, port=None, env=None, wrapper=()):
        """Starts an exporter fed by @standin, on a free port unless @port is given. It is the build
        with sanitizers unless @san is False. @env is added to its environment. @wrapper is a
        program, with arguments, that runs it. It may not be ready yet."""
        if port is None:
            port = FIRST_PORT + len(self.processes)
        return self.started(Exporter(self, standin, flags, san, port, env, wrapper))

    def started(self, process):
        self.processes.append(process)
        return process

    def end(self):
        """Ends all remaining processes, and checks that exporters exit cleanly."""
        for process in self.processes:
            if isinstance(process, Exporter) and process.popen.poll() is None:
                process.check_stop()
        if self.tap.failed:
            for process in self.processes:
                process.show_log()

    def wait(self, condition, name, seconds=20):
        """A check: condition() must become true within @seconds. Returns whether it did."""
        return self.tap.result(wait_for(condition, seconds), name)


def wait_for(condition, seconds=20):
    """Returns condition()'s first true value within @seconds, or its last value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.01)


def netlink_drops():
    """The number of messages that the kernel dropped, on all netlink sockets of the test."""
    with open("/proc/net/netlink", encoding="ascii") as table:
        return sum(int(line.split()[8]) for line in table.readlines()[1:])


class Process:
    """A running program. Its standard error goes to a file, which is shown when the test fails."""

    def __init__(self, bed, command, **options):
        self.bed = bed
        self.name = os.path.basename(command[0])
        self.log_path = os.path.join(bed.dir, f"{len(bed.processes)}-{self.name}.log")
        if not os.path.exists(command[0]):
            raise Error(f"{command[0]} is not built: make test-stream builds it")
        with open(self.log_path, "wb") as log:
            # pylint: disable=consider-using-with
            self.popen = subprocess.Popen(command, stderr=log, preexec_fn=die_with_parent, **options)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def show_log(self):
        lines = self.log().splitlines()[-40:]
        self.bed.tap.diag(f"last lines of {os.path.basename(self.log_path)}:")
        for line in lines:
            self.bed.tap.diag("  " + line)

    def pause(self):
        """Sends SIGSTOP and returns when the process has stopped."""
        self.popen.send_signal(signal.SIGSTOP)
        os.waitpid(self.popen.pid, os.WUNTRACED)

    def resume(self):
        self.popen.send_signal(signal.SIGCONT)

    def kill(self):
        """Sends SIGKILL. May be called at any time and more than once."""
        self.popen.kill()
        self.popen.wait()


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Standin(Process):
    """The program of tests/standin/main.c. ask() sends commands, which the table there lists."""

    def __init__(self, bed):
        super().__init__(bed, [os.path.join(BUILD, "standin/faultcast_standin")],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.unread = b""
        self.port = self.answer()["port"]

    def ask(self, command, seconds=60):
        """Sends one command. Returns its answer as answer() does."""
        self.start(command)
        return self.answer(seconds)

    def start(self, command):
        """Sends a command that takes long, such as publish. answer() returns the answer later."""
        self.popen.stdin.write(command.encode() + b"\n")

    def answer(self, seconds=60):
        """The key=value pairs of a line "ok", with numbers as int. Raises Error for a line "error"."""
        end = time.monotonic() + seconds
        while b"\n" not in self.unread:
            left = end - time.monotonic()
            if left < 0 or not select.select([self.popen.stdout], [], [], left)[0]:
                raise Error(f"the stand-in did not answer within {seconds} s")
            more = os.read(self.popen.stdout.fileno(), 65536)
            if not more:
                raise Error("the stand-in has ended")
            self.unread += more
        line, self.unread = self.unread.split(b"\n", 1)
        verdict, *words = line.decode().split(" ")
        if verdict != "ok":
            raise Error("stand-in: " + line.decode())
        values = dict(word.rsplit("=", 1) for word in words)
        return {key: int(value) if value.isdigit() and key != "instance" else value
                for key, value in values.items()}

    def unload(self, seconds=20):
        """Retries until no dump holds the module, like rmmod in a loop."""
        def attempt():
            try:
                return self.ask("unload")
            except Error as error:
                if "busy" not in str(error):
                    raise
                return None
        answer = wait_for(attempt, seconds)
        if not answer:
            raise Error("a dump holds the module")
        return answer

    def devices(self):
        """{name: (raised, published, suppressed, lost)}"""
        return {name: tuple(int(n) for n in counts.split("/"))
                for name, counts in self.ask("devices").items()}


class Served:
    """The answers of an exporter at `address`."""

    def __init__(self, address):
        self.address = address

    def connect(self, seconds=20):
        return http.client.HTTPConnection(*self.address, timeout=seconds)

    def get(self, path, accept=None, seconds=20):
        """Returns (status, body as text)."""
        connection = self.connect(seconds)
        try:
            connection.request("GET", path, headers={"Accept": accept} if accept else {})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def json(self, path):
        status, body = self.get(path)
        if status != 200:
            raise Error(f"{path}: {status} {body}")
        return json.loads(body)

    def answers(self):
        try:
            return self.get("/-/healthy")[0] == 200
        except OSError:
            return False

    def is_ready(self):
        try:
            return self.get("/-/ready")[0] == 200
        except OSError:
            return False

    def cursor(self):
        """(instance in hex, sequence number, sub) of the last entry that the feed delivered."""
        instance, seq, sub = self.json("/v1/status")["source"]["cursor"].split(".")
        return instance, int(seq), int(sub)

    def has(self, seq):
        """Whether everything up to @seq has been delivered to the features."""
        return self.cursor()[1] >= seq

    def metric(self, series):
        """The value of one series, named as in /metrics; None if it is absent."""
        for line in self.get("/metrics")[1].splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        return None


class Exporter(Process, Served):
    """faultcast_exporter. `address` is its HTTP address."""

    def __init__(self, bed, standin, flags, san, port, env, wrapper):
        Served.__init__(self, ("127.0.0.1", port))
        program = os.path.join(BUILD, "san" if san else "", "faultcast_exporter")
        # Tests see serial numbers unless they say otherwise.
        env = {**os.environ, "FAULTCAST_METRICS_SERIAL": "true", **(env or {})}
        if "--web.listen-address=none" not in flags:
            flags = [f"--web.listen-address=127.0.0.1:{port}", *flags]
        Process.__init__(self, bed, [*wrapper, program, f"--netlink.standin={standin.port}", *flags],
                         env=env)

    def check_stop(self):
        """Sends SIGTERM and checks that the exit status is 0: the sanitizers found nothing, no
        leaks either."""
        self.resume()
        self.popen.terminate()
        try:
            code = self.popen.wait(20)
        except subprocess.TimeoutExpired:
            code = "still running"
        self.bed.tap.same(code, 0, "the exporter ends cleanly")
