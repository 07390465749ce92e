"""What one consumer was told, over all its connections, held against what it must be told: every
number, one after the other, each as an event or in a gap, and every change of instance as a gap.

    journal = Journal()
    journal.resumes("8b2b43905dd2d2c9.41.0")    # or "", or LATEST
    for message in client.read():
        journal.take(message)
    journal.faults                              # [], or what was wrong with the order

Where it stands after a message follows from that message alone, so a hole shows at once, and an
event that comes twice without having been asked for again, too.
"""
import collections
import time

from account import Ranges

LATEST = "latest"
SUB_END = 2**63 - 1  # of a cursor: the end of an instance
FAULTS_KEPT = 5
NEVER = ("", 0, 0)

HISTORY = "GAP_REASON_HISTORY"
TOO_SLOW = "GAP_REASON_TOO_SLOW"
UNKNOWN_CURSOR = "GAP_REASON_UNKNOWN_CURSOR"
UNLOADED = "GAP_REASON_UNLOADED"
UNPUBLISHED = ("GAP_REASON_SUPPRESSED", "GAP_REASON_LOST")

# Everything up to an event of an instance; closed: and nothing of that instance can follow.
# Instance "": before anything there was.
Place = collections.namedtuple("Place", "instance seq closed", defaults=[False])

# A gap of unknown size, from one Place to another; until the next message, to None. When it was read.
Unknown = collections.namedtuple("Unknown", "reason start end when")

# A gap in the numbers; resumed: the first thing said on a connection.
Missing = collections.namedtuple("Missing", "reason instance first last resumed when")


def place_of(cursor):
    if not cursor:
        return Place("", 0)
    instance, seq, sub = cursor.split(".")
    return Place(instance, int(seq), int(sub) == SUB_END)


class Journal:
    """
    filtered    events may be passed over: the numbers are noted in `skipped`
    received    by instance, Ranges of the numbers of events
    skipped     the same of those passed over
    missing     every Missing
    unknown     every Unknown
    unpublished by reason, by instance: {cursor: how many}
    first       Place where its claim to everything begins
    duplicates  events that came again because it asked for them again
    """

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
        self.place = None  # None: wherever the first message says
        self.leads_on = False  # the last gap of unknown size, to what comes next
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
        # Nearly always.
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
            return  # says nothing of its own
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
        """Everything up to @seq of @instance is there: from where it stands it may lack nothing."""
        here = self.place
        if here is None:
            here = Place(instance, seq)
            self.settle_unknown(here)
            self.first = self.first or here
        elif here.instance != instance:
            if here.instance and not here.closed:
                self.fault(f"{what} {instance}.{seq} after {here.instance}.{here.seq}, which has no end")
            # Of what was before anything there was, nothing was claimed.
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
        """Behind an event, ordered by the last part of the cursor."""
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
            # What follows may be from long ago.
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
