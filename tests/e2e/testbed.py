"""The bed of a host-side test: the exporter under test, a stand-in for the kernel module, and an end
to both, whatever happens.

A test is a function that takes a Testbed; run() gives it a network and a process namespace of its
own, so that any port is free, no other test's netlink messages arrive, and nothing outlives it:

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

What a test reads of /v1/events: stream.py. Whether it is all there was: account.py.
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
# From when a test is told that its time is over to when it is killed.
GRACE = 10

PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


class Error(Exception):
    """The test cannot go on."""


def run(test, seconds):
    """Runs test(bed) and exits. After @seconds it fails; everything it started ends with it."""
    if os.environ.get("FAULTCAST_TESTBED") != str(os.getppid()):
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
    """Again in namespaces, whose end is that of every process in them. Without root, as a root of
    its own user namespace."""
    command = ["timeout", "--foreground", "--signal=KILL", str(seconds + GRACE), "unshare", "--net",
               "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid():
        command.append("--map-root-user")
    # The first process there has no parent that it could see.
    os.environ["FAULTCAST_TESTBED"] = "0"
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", request)[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


class Testbed:
    """What run() gives a test: `tap`, the processes it starts, and `dir`, an empty directory of its
    own."""

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
        """A stand-in whose module is not loaded yet."""
        return self.started(Standin(self))

    def start_exporter(self, standin, *flags, san=True, port=None, env=None):
        """An exporter fed by @standin, on a port of its own unless @port says otherwise; the
        sanitizers' build unless @san is False; with @env in its environment. It may not be ready yet."""
        if port is None:
            port = FIRST_PORT + len(self.processes)
        return self.started(Exporter(self, standin, flags, san, port, env))

    def started(self, process):
        self.processes.append(process)
        return process

    def end(self):
        """Ends what still runs, and checks that exporters end well."""
        for process in self.processes:
            if isinstance(process, Exporter) and process.popen.poll() is None:
                process.check_stop()
        if self.tap.failed:
            for process in self.processes:
                process.show_log()

    def wait(self, condition, name, seconds=20):
        """A check of its own: that condition() becomes true within @seconds. Returns whether."""
        return self.tap.result(wait_for(condition, seconds), name)


def wait_for(condition, seconds=20):
    """condition()'s first true value within @seconds, or its last one."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.01)


def netlink_drops():
    """Messages that the kernel did not deliver, of all netlink sockets of the test."""
    with open("/proc/net/netlink", encoding="ascii") as table:
        return sum(int(line.split()[8]) for line in table.readlines()[1:])


class Process:
    """A program under way; its standard error goes to a file that is shown when the test fails."""

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
        """SIGSTOP; returns when it has stopped."""
        self.popen.send_signal(signal.SIGSTOP)
        os.waitpid(self.popen.pid, os.WUNTRACED)

    def resume(self):
        self.popen.send_signal(signal.SIGCONT)

    def kill(self):
        """SIGKILL, at any time and more than once."""
        self.popen.kill()
        self.popen.wait()


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Standin(Process):
    """tests/standin/main.c: commands by ask(), a table of them there."""

    def __init__(self, bed):
        super().__init__(bed, [os.path.join(BUILD, "standin/faultcast_standin")],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.unread = b""
        self.port = self.answer()["port"]

    def ask(self, command, seconds=60):
        """One command and its answer, as answer() returns it."""
        self.start(command)
        return self.answer(seconds)

    def start(self, command):
        """A command whose answer() will be asked for later, such as a long publish."""
        self.popen.stdin.write(command.encode() + b"\n")

    def answer(self, seconds=60):
        """key=value of a line "ok", numbers as int; Error for a line "error"."""
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
        """Once no dump holds the module, as rmmod in a loop."""
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
    """What an exporter says at `address`."""

    def __init__(self, address):
        self.address = address

    def connect(self, seconds=20):
        return http.client.HTTPConnection(*self.address, timeout=seconds)

    def get(self, path, accept=None, seconds=20):
        """(status, body as text)"""
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
        """(instance in hex, sequence number, sub) of the last thing the source delivered."""
        instance, seq, sub = self.json("/v1/status")["source"]["cursor"].split(".")
        return instance, int(seq), int(sub)

    def has(self, seq):
        """Whether everything up to @seq has been delivered to the outputs."""
        return self.cursor()[1] >= seq

    def metric(self, series):
        """The value of one series, as written in /metrics; None if it is not there."""
        for line in self.get("/metrics")[1].splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        return None


class Exporter(Process, Served):
    """faultcast_exporter; `address` is where it serves HTTP."""

    def __init__(self, bed, standin, flags, san, port, env):
        Served.__init__(self, ("127.0.0.1", port))
        program = os.path.join(BUILD, "san" if san else "", "faultcast_exporter")
        Process.__init__(self, bed, [program, f"--netlink.standin={standin.port}",
                                     f"--web.listen-address=127.0.0.1:{port}", *flags],
                         env={**os.environ, **(env or {})})

    def check_stop(self):
        """SIGTERM, and checks that it ends with 0: no finding of a sanitizer, leaks included."""
        self.resume()
        self.popen.terminate()
        try:
            code = self.popen.wait(20)
        except subprocess.TimeoutExpired:
            code = "still running"
        self.bed.tap.same(code, 0, "the exporter ends cleanly")
