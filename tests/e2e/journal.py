"""Records everything that one consumer received, over all its connections, and checks the order.
Each sequence number must come in turn, as an event or in a gap. Each change of instance must
come as a gap.

    journal = Journal()
    journal.resumes("8b2b43905dd2d2c9.41.0")    # or "", or LATEST
    for message in client.read():
        journal.take(message)
    journal.faults                              # [], or texts that say what was wrong

The position after a message depends on that message alone. A missing event is found at once, and
so is an event that was sent again without a request.
"""
import collections
import time

from account import Ranges

LATEST = "latest"
SUB_END = 2**63 - 1  # the end of an instance in a cursor
FAULTS_KEPT = 5
NEVER = ("", 0, 0)

HISTORY = "GAP_REASON_HISTORY"
TOO_SLOW = "GAP_REASON_TOO_SLOW"
UNKNOWN_CURSOR = "GAP_REASON_UNKNOWN_CURSOR"
UNLOADED = "GAP_REASON_UNLOADED"
UNPUBLISHED = ("GAP_REASON_SUPPRESSED", "GAP_REASON_LOST")

# A position: behind an event of an instance. closed: the instance has ended. Instance "" is the
# position before everything.
Place = collections.namedtuple("Place", "instance seq closed", defaults=[False])

# A gap of unknown size between two Places; end is None until the next message. when: time of
# receipt.
Unknown = collections.namedtuple("Unknown", "reason start end when")

# A gap in the sequence numbers. resumed: it is the first message of a connection.
Missing = collections.namedtuple("Missing", "reason instance first last resumed when")


def place_of(cursor):
    if not cursor:
        return Place("", 0)
    instance, seq, sub = cursor.split(".")
    return Place(instance, int(seq), int(sub) == SUB_END)


class Journal:
    """filtered    events may be skipped; their numbers are recorded in `skipped`
    received    Ranges of received sequence numbers, by instance
    skipped     Ranges of skipped sequence numbers, by instance
    missing     every Missing
    unknown     every Unknown
    unpublished {cursor: faults}, by reason and instance
    first       the Place from which on the consumer must have everything
    duplicates  events that came again because the consumer asked for them again"""

    def __init__(self, filtered=False):
        self.filtered = filtered
        self.received = collections.defaultdict(Ranges)
        self.skipped = collections.defaultdict(Ranges)
        self.missing = []
        self.unknown = []
        self.unpublished = {reason: collections.defaultdict(dict) for reason in UNPUBLISHED}
        self.first = None
        self.duplicates = self.connections = self.num_faults = 0
        self.faults = []
        self.cursor = ""
        self.place = None  # None: the first message decides
        self.leads_on = False  # the last message was a gap of unknown size, up to the next one
        self.resumed = True
        self.last_health = NEVER

    def fault(self, text):
        self.num_faults += 1
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(text)

    def resumes(self, cursor):
        """A connection begins, with after=@cursor."""
        self.connections += 1
        self.resumed = True
        self.last_health = NEVER
        if cursor == LATEST or (not cursor and not self.cursor):
            self.place = None
            self.leads_on = False
        else:
            self.place = place_of(cursor)

    def take(self, message):
        here, self.cursor = self.place, message.cursor
        # The usual case.
        if here and message.seq == here.seq + 1 and not here.closed and message.instance == here.instance:
            self.place = Place(here.instance, message.seq)
            self.duplicates += not self.received[here.instance].add(message.seq, message.seq)
            self.resumed = False
            return
        at = place_of(message.cursor)
        if message.body == "event":
            self.event(at)
        elif message.body == "heartbeat":
            self.heartbeat(at)
            return  # a heartbeat carries nothing else
        elif message.body == "health":
            self.health(at, message)
        elif message.missing:
            self.gap(at, message)
        elif message.unpublished is not None:
            self.never_published(at, message)
        elif message.body == "gap":
            self.unknown_gap(at, message)
        else:
            self.fault(f"{message.cursor}: what is that?")
        self.resumed = False

    def advance(self, instance, seq, what):
        """Moves the position to @seq of @instance. Sequence numbers in between must not be missing."""
        here = self.place
        if here is None:
            here = Place(instance, seq)
            self.settle_unknown(here)
            self.first = self.first or here
        elif here.instance != instance:
            if here.instance and not here.closed:
                self.fault(f"{what} {instance}.{seq} after {here.instance}.{here.seq}, which has no end")
            # A consumer that started before everything need not have the first events.
            claims = bool(here.instance)
            here = Place(instance, 0 if claims else seq)
            self.settle_unknown(here)
            if not claims:
                self.first = self.first or here
        if here.closed or seq < here.seq:
            self.fault(f"{what} {instance}.{seq} stands before {here}")
        elif seq > here.seq and self.filtered:
            self.skipped[instance].add(here.seq + 1, seq)
        elif seq > here.seq:
            self.fault(f"{what} {instance}.{seq}: nobody says where {here.seq + 1} to {seq} is")
        self.place = Place(instance, seq)

    def event(self, at):
        self.advance(at.instance, at.seq - 1, "before event")
        self.place = Place(at.instance, at.seq)
        self.duplicates += not self.received[at.instance].add(at.seq, at.seq)

    def heartbeat(self, at):
        here = self.place
        if here is None:
            self.place = at
            if at.instance:
                self.first = self.first or at
        elif (here.instance, here.closed) != (at.instance, at.closed) or not at.closed:
            self.advance(at.instance, at.seq, "heartbeat")

    def health(self, at, message):
        """A health change sorts behind its event, by the last part of the cursor."""
        self.advance(at.instance, at.seq, "before health")
        here = (at.instance, at.seq, int(message.cursor.rpartition(".")[2]))
        if self.last_health[:2] == here[:2] and self.last_health[2] >= here[2]:
            self.fault(f"{message.cursor} after {self.last_health}")
        self.last_health = here

    def gap(self, at, message):
        first, last = message.missing
        if at.seq != last or first > last:
            self.fault(f"{message.cursor}: a gap from {first} to {last}")
        self.advance(at.instance, first - 1, "before gap")
        self.place = Place(at.instance, last)
        self.missing.append(Missing(message.reason, at.instance, first, last, self.resumed, time.monotonic()))

    def never_published(self, at, message):
        self.advance(at.instance, at.seq, message.reason)
        self.unpublished[message.reason][at.instance][message.cursor] = message.unpublished

    def unknown_gap(self, at, message):
        if message.reason == UNLOADED:
            self.advance(at.instance, at.seq, "end")
            self.unknown.append(Unknown(UNLOADED, self.place, None, time.monotonic()))
            self.leads_on = True
        elif message.reason == UNKNOWN_CURSOR:
            # The next entries may be old ones.
            self.last_health = NEVER
            self.unknown.append(Unknown(UNKNOWN_CURSOR, self.place, at if at.instance else None,
                                        time.monotonic()))
            self.leads_on = not at.instance
        else:
            self.fault(f"{message.cursor}: a gap {message.reason} of unknown size")
        self.place = at

    def settle_unknown(self, end):
        if self.leads_on:
            self.unknown[-1] = self.unknown[-1]._replace(end=end)
        self.leads_on = False
