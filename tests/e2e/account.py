"""Checks that a consumer received everything: received + stated gaps = published, nothing twice,
and in order. Also adds up the faults that gaps report as not published.

    account = Account()
    for message in client.read_all():
        account.take(message)
    account.of("8b2b43905dd2d2c9", head=5000).unstated      # 0 unless events are missing
"""
import bisect
import collections

# The messages that a consumer received of one instance of the module.
#   received    different events, summaries included
#   summaries   received summaries, which only report unpublished faults
#   stated      sequence numbers that a gap names and no event has
#   unstated    sequence numbers up to the head without event and gap: must be 0
#   beyond      sequence numbers above the head: must be 0
#   duplicates  events that were received again, after a resume or not
#   disordered  events received after a later event on the same connection: must be 0
#   unknown     gaps of unknown size with a cursor of this instance, each cursor once
#   suppressed  faults that gaps report as suppressed, each cursor once
#   lost        faults that gaps report as lost, each cursor once
Balance = collections.namedtuple(
    "Balance",
    "received summaries stated unstated beyond duplicates disordered unknown suppressed lost",
    defaults=[0] * 10)


class Ranges:
    """A set of numbers, stored as sorted ranges that do not touch."""

    def __init__(self):
        self.first = []
        self.last = []

    def add(self, first, last):
        """Adds the numbers from @first to @last. Returns how many of them are new."""
        if self.last and first == self.last[-1] + 1:  # the usual case
            self.last[-1] = last
            return last - first + 1
        begin = bisect.bisect_left(self.last, first - 1)
        end = bisect.bisect_right(self.first, last + 1)
        old = sum(b - a + 1 for a, b in zip(self.first[begin:end], self.last[begin:end]))
        if begin < end:
            first = min(first, self.first[begin])
            last = max(last, self.last[end - 1])
        self.first[begin:end] = [first]
        self.last[begin:end] = [last]
        return last - first + 1 - old

    def total(self):
        return sum(self.last) - sum(self.first) + len(self.first)

    def holes(self, first, last):
        """The ranges of numbers between @first and @last that are not in the set."""
        holes = []
        for i in range(bisect.bisect_left(self.last, first), len(self.first)):
            if self.first[i] > last:
                break
            if self.first[i] > first:
                holes.append((first, self.first[i] - 1))
            first = self.last[i] + 1
        if first <= last:
            holes.append((first, last))
        return holes

    def common(self, first, last):
        """The count of numbers from @first to @last that are in the set."""
        return max(0, last - first + 1) - sum(b - a + 1 for a, b in self.holes(first, last))

    def union(self, other):
        both = Ranges()
        for first, last in sorted([*zip(self.first, self.last), *zip(other.first, other.last)]):
            both.add(first, last)
        return both


class Instance:
    def __init__(self):
        self.received = Ranges()
        self.stated = Ranges()
        self.summaries = self.duplicates = self.disordered = 0
        self.newest = 0  # the newest event on this connection
        self.unknown = set()  # cursors of gaps of unknown size
        self.unpublished = collections.defaultdict(dict)  # reason: {cursor: faults}


class Account:
    """Takes every message of one consumer, over any number of connections."""

    def __init__(self):
        self.instances = collections.defaultdict(Instance)
        self.cursor = ""  # the last message's cursor, to resume from

    def reconnected(self):
        """The next messages come on a new connection, which may repeat earlier events."""
        for instance in self.instances.values():
            instance.newest = 0

    def take(self, message):
        self.cursor = message.cursor
        instance = self.instances[message.instance]
        if message.body == "event":
            instance.disordered += message.seq <= instance.newest
            instance.newest = max(instance.newest, message.seq)
            new = instance.received.add(message.seq, message.seq)
            instance.duplicates += not new
            instance.summaries += new and message.summary
        elif message.missing:
            instance.stated.add(*message.missing)
        elif message.unpublished is not None:
            instance.unpublished[message.reason][message.cursor] = message.unpublished
        elif message.body == "gap":
            instance.unknown.add(message.cursor)

    def of(self, instance, head, first=1):
        """The Balance for the events from @first to @head of an instance."""
        mine = self.instances[instance]
        covered = mine.received.union(mine.stated)
        inside = covered.total()
        wanted = Ranges()
        if head >= first:
            wanted.add(first, head)
        everything = covered.union(wanted).total()
        return Balance(received=mine.received.total(),
                       summaries=mine.summaries,
                       stated=inside - mine.received.total(),
                       unstated=everything - inside,
                       beyond=everything - wanted.total(),
                       duplicates=mine.duplicates, disordered=mine.disordered,
                       unknown=len(mine.unknown),
                       suppressed=sum(mine.unpublished["GAP_REASON_SUPPRESSED"].values()),
                       lost=sum(mine.unpublished["GAP_REASON_LOST"].values()))


def balance_of(messages, answer):
    """The Balance of @messages, for the instance and head that the stand-in's @answer names."""
    books = Account()
    for message in messages:
        books.take(message)
    return books.of(answer["instance"], answer["head"])
