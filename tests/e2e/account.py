"""Whether a consumer has all there was: received + stated gaps = published, nothing twice, in order.
And whether it was told of what was never published: the law as a consumer can add it up.

    account = Account()
    for message in client.read_all():
        account.take(message)
    account.of("8b2b43905dd2d2c9", head=5000).unstated      # 0, or something has vanished
"""
import bisect
import collections

# What a consumer has of one instance of the module.
#   received    different events, summaries included
#   summaries   those of them that tell of suppressed ones only
#   stated      numbers that gaps have named and no event has filled
#   unstated    numbers up to head that neither has: must be 0
#   beyond      numbers above head: must be 0
#   duplicates  events that came once more, after a resume or not
#   disordered  events that came after a later one on the same connection: must be 0
#   unknown     gaps of unknown size with a cursor of this instance, each cursor once
#   suppressed  faults that gaps say were not published, and why; each cursor once
#   lost
Balance = collections.namedtuple(
    "Balance",
    "received summaries stated unstated beyond duplicates disordered unknown suppressed lost",
    defaults=[0] * 10)


class Ranges:
    """A set of numbers, as sorted ranges that do not touch."""

    def __init__(self):
        self.first = []
        self.last = []

    def add(self, first, last):
        """Returns how many of them are new."""
        if self.last and first == self.last[-1] + 1:  # nearly always
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
        """The ranges between @first and @last of what is not in it."""
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
        """How many numbers from @first to @last are in it."""
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
        self.newest = 0  # on this connection
        self.unknown = set()  # cursors
        self.unpublished = collections.defaultdict(dict)  # by reason: of cursors, how many


class Account:
    """Takes every message of one consumer, over as many connections as it had."""

    def __init__(self):
        self.instances = collections.defaultdict(Instance)
        self.cursor = ""  # of the last message: where to resume

    def reconnected(self):
        """What comes now is on a new connection, and may begin before what is already here."""
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
    """What @messages have of the instance and up to the head that the stand-in's @answer names."""
    books = Account()
    for message in messages:
        books.take(message)
    return books.of(answer["instance"], answer["head"])
