"""Consumers of /v1/events for chaos. Each one is a process that keeps a journal and reads in its
own way. It ends when it has been told the last event and has received it.

The seed determines their decisions, but not the time of their actions.
"""
import collections
import multiprocessing
import random
import signal
import time
import traceback

import stream
import testbed
from journal import LATEST, UNKNOWN_CURSOR, Journal

Kind = collections.namedtuple("Kind", "name habit place encoding device", defaults=[None])

# A consumer's report; trouble: the exception that ended it.
Report = collections.namedtuple("Report", "kind journal reached trouble")

# Any FILTERED_BEHIND successive events contain one of each device.
FILTERED_BEHIND = 16
DECODED = 64  # decodes one message in so many; standin.t decodes all
PAST_KEPT = 500
GRACE = 10  # seconds for sending the report

NONSENSE = ("nonsense", "1.2", "xyz.1.0", "1.99999999999999999999.0", "1.2.3.4", "-1.0.0", "1.1.9223372036854775808")


class Consumer:
    """A consumer, within its own process."""

    def __init__(self, kind, addresses, seed, control):
        self.kind = kind
        self.address = addresses[kind.place]
        self.random = random.Random(f"{seed} {kind.name}")
        self.control = control
        self.journal = Journal(filtered=bool(kind.device))
        self.goal = None  # (instance, seq, deadline), known once publishing has ended
        self.client = None
        self.past = []  # some of its earlier cursors

    def is_over(self):
        if self.goal is None and self.control.poll():
            self.goal = self.control.recv()
        return self.goal is not None

    def reached(self):
        if not self.is_over() or self.kind.habit in WITHOUT_MEMORY:
            return self.is_over()
        place, (instance, seq, _) = self.journal.place, self.goal
        # A consumer with a filter may never receive the last event.
        return (place is not None and place.instance == instance and
                place.seq >= seq - (FILTERED_BEHIND if self.kind.device else 0))

    def gives_up(self):
        return self.is_over() and time.monotonic() > self.goal[2]

    def connect(self, query, after=None, **options):
        """Resumes at its own cursor, or at @after."""
        after = self.journal.cursor if after is None else after
        device = f"&device={self.kind.device}" if self.kind.device else ""
        self.client = stream.Stream(self.address, f"after={after}&{query}{device}", self.kind.encoding, **options)
        self.journal.resumes(after)
        return self.client

    def read(self, size=1 << 20, seconds=0.2):
        """Takes the messages of one recv(). Returns how many there were."""
        messages = self.client.read(seconds, size)
        for message in messages:
            self.journal.take(message)
        for message in messages[::DECODED]:
            message.document()
        if messages and self.journal.cursor:
            if len(self.past) == PAST_KEPT:
                self.past.pop(self.random.randrange(PAST_KEPT))
            self.past.append(self.journal.cursor)
        return len(messages)

    def read_to_end(self):
        while not self.client.finished and not self.reached() and not self.gives_up():
            self.read()

    def run(self):
        while not self.reached() and not self.gives_up():
            try:
                HABITS[self.kind.habit](self)
            except (OSError, testbed.Error):
                time.sleep(0.05)  # the exporter is not running
            finally:
                if self.client:
                    self.client.sock.close()


def fast(self):
    self.connect("follow=1")
    self.read_to_end()


def slow(self):
    """Reads little for a while, then nothing, then everything. At the end it reads like the others."""
    if self.is_over():
        fast(self)
        return
    self.connect("follow=1", rcvbuf=stream.SMALL_BUFFER)
    while not self.client.finished and not self.is_over():
        for size, seconds in ((1000, 1), (None, 2), (1 << 20, 3)):
            end = time.monotonic() + self.random.uniform(0, seconds)
            while not self.client.finished and not self.is_over() and time.monotonic() < end:
                if size:
                    self.read(size)
                else:
                    time.sleep(0.05)


def cut(self):
    self.connect("follow=1")
    left = self.random.randrange(30000)
    while not self.client.finished and left > 0 and not self.reached() and not self.gives_up():
        left -= self.read(size=self.random.choice((500, 5000, 1 << 20)))
    self.client.cut()


def old(self):
    """Reconnects with one of its earlier cursors."""
    again = self.past and self.random.random() < 0.5 and not self.is_over()
    self.connect("follow=1", after=self.random.choice(self.past) if again else None)
    left = self.random.randrange(60000)
    while not self.client.finished and left > 0 and not self.is_over():
        left -= self.read()
    if self.is_over():
        self.read_to_end()


def pager(self):
    limit = self.random.randrange(1, 3000)
    self.connect(f"limit={limit}")
    events = -sum(r.total() for r in self.journal.received.values()) - self.journal.duplicates
    self.read_to_end()
    events += sum(r.total() for r in self.journal.received.values()) + self.journal.duplicates
    if events > limit:
        self.journal.fault(f"{events} events, but limit={limit}")
    if events < limit:
        time.sleep(0.02)


def whole(self):
    """Reads all retained events without follow=, repeatedly."""
    self.connect("follow=0")
    self.read_to_end()
    time.sleep(self.random.uniform(0, 0.3))


def latest(self):
    """Asks for future events only, each time it connects."""
    self.connect("follow=1", after=LATEST)
    end = time.monotonic() + self.random.uniform(0, 2)
    while not self.client.finished and time.monotonic() < end and not self.reached():
        self.read()
    # It did not ask for the events between two connections.
    self.journal.first = None


def foreign(self):
    """Sends an invalid cursor, which must be refused, and an unknown one, which must give a gap."""
    try:
        self.connect("", after=self.random.choice(NONSENSE))
        self.journal.fault("a cursor of nonsense is taken")
    except testbed.Error as error:
        if "400" not in str(error):
            raise
    self.connect("limit=500", after=f"{self.random.getrandbits(64) | 1:x}.{self.random.randrange(10**6)}.0")
    said = len(self.journal.unknown)
    self.read_to_end()
    new = self.journal.unknown[said:]
    if self.client.finished and not self.client.broken and [gap.reason for gap in new[:1]] != [UNKNOWN_CURSOR]:
        self.journal.fault(f"a foreign cursor is taken as known: {self.journal.cursor!r}, {new}")
    time.sleep(self.random.uniform(0, 0.5))


HABITS = {habit.__name__: habit for habit in (fast, slow, cut, old, pager, whole, latest, foreign)}

# These consumers must only have the events of each single connection.
WITHOUT_MEMORY = ("latest", "foreign")

CONSUMERS = (
    Kind("fast-tcp", "fast", "tcp", stream.PROTOBUF),
    Kind("fast-unix", "fast", "unix", stream.NDJSON),
    Kind("fast-sse", "fast", "tcp", stream.SSE),
    Kind("slow-tcp", "slow", "tcp", stream.PROTOBUF),
    Kind("slow-unix", "slow", "unix", stream.SSE),
    Kind("cut-tcp", "cut", "tcp", stream.NDJSON),
    Kind("cut-unix", "cut", "unix", stream.PROTOBUF),
    Kind("old", "old", "unix", stream.PROTOBUF),
    Kind("pager", "pager", "tcp", stream.PROTOBUF),
    Kind("whole", "whole", "unix", stream.NDJSON),
    Kind("device", "fast", "tcp", stream.PROTOBUF, "0000:41:00.0"),
    Kind("device-cut", "cut", "unix", stream.SSE, "0000:03:00.0"),
    Kind("latest", "latest", "tcp", stream.SSE),
    Kind("foreign", "foreign", "tcp", stream.NDJSON),
)


def live(kind, addresses, seed, control):
    testbed.die_with_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    consumer = Consumer(kind, addresses, seed, control)
    trouble = None
    try:
        consumer.run()
    except Exception:  # pylint: disable=broad-except
        trouble = traceback.format_exc()
    control.send(Report(kind, consumer.journal, consumer.reached(), trouble))


class Crowd:
    """All consumers, as the test sees them."""

    def __init__(self, addresses, seed, kinds=CONSUMERS):
        self.members = []
        context = multiprocessing.get_context("fork")
        for kind in kinds:
            ours, theirs = context.Pipe()
            process = context.Process(target=live, args=(kind, addresses, seed, theirs), daemon=True)
            process.start()
            theirs.close()
            self.members.append((kind, process, ours))

    def finish(self, instance, head, seconds):
        """Tells all consumers the last event. Returns their reports, in order."""
        end = time.monotonic() + seconds
        for _kind, _process, control in self.members:
            control.send((instance, head, end))
        reports = []
        for kind, process, control in self.members:
            if control.poll(max(0, end + GRACE - time.monotonic())):
                reports.append(control.recv())
            else:
                reports.append(Report(kind, None, False, "it hangs"))
        self.kill()
        return reports

    def kill(self):
        for _kind, process, _control in self.members:
            process.kill()
