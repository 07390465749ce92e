"""What the harness knows to be true: what the stand-in says it published, what was done to the
exporter and when; and whether what a consumer was told can be excused by that.

A gap is no excuse in itself: it must be of numbers that could be gone. The source's own counter says
how many it did not get; between two looks at it that show the same, what it delivered is certain. With
a store that is owed to every consumer for ever, but for what a kill or trouble with the file took away;
without one, only to those that stand in the window.
"""
import collections
import time

from account import Ranges
from consumers import WITHOUT_MEMORY
from journal import HISTORY, UNKNOWN_CURSOR, UNLOADED, UNPUBLISHED

WINDOW = 16384
# Entries of the window that are gaps or changes of health, so that it holds fewer events.
WINDOW_OTHERS = 256

# What the exporter says: where its source stands, what that did not get, how many events the store dropped.
Look = collections.namedtuple("Look", "life instance seq gap_events dropped when")


class Instance:
    """
    head, told  what the stand-in published, and how many unpublished ones that told of, by reason
    delivered   numbers that the source certainly handed on as events
    floor       the newest of them when the exporter was looked at last
    stored      the newest of them of which the store certainly has all
    unstored    [(when, first, last)] of numbers that from then on the store may not have
    gone        [(when, last)]: an exporter began to read the kernel's history, of which that had gone
    summaries   numbers of summaries
    """

    def __init__(self, name, order, history):
        self.name = name
        self.order = order
        self.history = history
        self.head = self.floor = self.stored = 0
        self.unloaded = False
        self.totals = {}
        self.delivered = Ranges()
        self.unstored = []
        self.gone = []
        self.summaries = Ranges()

    def __repr__(self):
        return f"{self.name} {self.order}. of {self.head} events, floor {self.floor}"

    def lose(self, first, last, since=None):
        self.unstored.append((since or time.monotonic(), first, last))

    def had_gone(self, when):
        """The newest number that exporters begun before @when did not find."""
        return max((last for since, last in self.gone if since <= when), default=0)

    def owed(self, first, last, stored, when):
        """How many from @first to @last any consumer could claim @when: of the store, or of its exporter."""
        last = min(last, self.head)
        if not stored:
            return self.delivered.common(max(first, self.had_gone(when) + 1), last)
        left = Ranges()
        for since, a, b in self.unstored:
            if since <= when and a <= b:
                left.add(a, b)
        return sum(self.delivered.common(a, b) for a, b in left.holes(first, last))

    def told(self, reason):
        what = {"GAP_REASON_SUPPRESSED": "suppressed", "GAP_REASON_LOST": "lost"}[reason]
        return self.totals[what] - self.totals["untold_" + what]


class Ledger:
    def __init__(self, store):
        self.store = store
        self.instances = {}
        self.order = []
        self.starts = []  # of exporters: the order of the first instance that each could know
        self.life = 0
        self.look = None
        self.began = 0  # when an exporter was started, or a module loaded

    @property
    def current(self):
        return self.order[-1] if self.order else None

    def loaded(self, answer, history):
        instance = Instance(answer["instance"], len(self.order), history)
        self.instances[instance.name] = instance
        self.order.append(instance)
        self.answered(answer)
        self.began = time.monotonic()

    def answered(self, answer):
        """Takes any answer of the stand-in that has its totals."""
        self.current.head = answer["head"]
        self.current.totals = answer
        return answer

    def published(self):
        return sum(instance.head for instance in self.order)

    def exporter_started(self):
        """And will look for a module now."""
        self.life += 1
        self.look = None
        self.began = time.monotonic()
        loaded = self.current and not self.current.unloaded
        self.starts.append(self.current.order if loaded else len(self.order))

    def exporter_read_history(self):
        """The first time, all of it; what it did not find had gone by now."""
        instance = self.current
        if not instance.unloaded:
            instance.gone.append((self.began, instance.head - instance.history))

    def killed(self):
        """What was not written then, the kernel may not have any more when the next exporter asks."""
        self.current.lose(self.current.stored + 1, self.current.head)

    def trouble(self, since=None):
        """The store may have lost all there was, @since or now."""
        for instance in self.order:
            instance.lose(1, instance.head, since)

    def store_set_aside(self):
        """Since the last look, a file that was damaged earlier."""
        self.trouble(self.look.when if self.look else self.began)

    def looked(self, source, dropped, stored):
        """Takes /v1/status's source, and the store's metrics."""
        name, seq, _ = (source["cursor"] or ".0.").split(".")
        look = Look(self.life, name, int(seq), int(source["gapEvents"]), dropped, time.monotonic())
        last, self.look = self.look, look
        instance = self.instances.get(name)
        if not instance:
            return
        instance.floor = look.seq
        if stored:
            instance.stored = look.seq
        same = last is not None and last[:2] == look[:2]
        if same and last.gap_events == look.gap_events and look.seq > last.seq:
            instance.delivered.add(last.seq + 1, look.seq)
        if look.dropped > (last.dropped if last else 0):
            self.store_dropped(last, look)

    def store_dropped(self, last, look):
        """Between two looks, of which the first may be of another instance, or none."""
        for instance in self.order:
            if last and instance.name == last.instance:
                instance.lose(max(1, last.seq - WINDOW), instance.head, since=last.when)
            elif instance.name == look.instance:
                instance.lose(1, look.seq, since=last.when if last else self.began)

    def delivered(self):
        return sum(instance.delivered.total() for instance in self.order)

    def law(self):
        """What is wrong with the stand-in's own numbers: [] or texts."""
        return [f"{instance.name}: {t}" for instance in self.order for t in [instance.totals]
                if t["raised"] != t["published"] + t["suppressed"] + t["lost"] or
                t["published"] + t["summaries"] != t["head"]]


class Judge:
    """Of one consumer's journal."""

    def __init__(self, ledger, kind, journal):
        self.ledger = ledger
        self.kind = kind
        self.journal = journal
        self.complaints = list(journal.faults)
        self.excused = collections.defaultdict(Ranges)

    def complain(self, text):
        self.complaints.append(text)

    def verdict(self):
        """[] or what is wrong."""
        for missing in self.journal.missing:
            self.judge_missing(missing)
        for unknown in self.journal.unknown:
            self.judge_unknown(unknown)
        for name in self.journal.received:
            if name not in self.ledger.instances:
                self.complain(f"instance {name} never was")
        if self.kind.habit not in WITHOUT_MEMORY and self.journal.first and self.journal.first.instance in self.ledger.instances:
            start = self.ledger.instances[self.journal.first.instance]
            for instance in self.ledger.order[start.order:]:
                first = self.journal.first.seq + 1 if instance is start else 1
                self.judge_instance(instance, first)
        return self.complaints

    def window_had_gone(self, instance, seq):
        """Whether so much was published behind @seq that the window could have evicted it."""
        later = sum(i.head for i in self.ledger.order[instance.order + 1:])
        return instance.head - seq + later >= WINDOW - WINDOW_OTHERS

    def judge_missing(self, missing):
        """A gap must be of what the source did not get or the store lost; without a store, also of what
        a window that was entered later, or left behind, has no more."""
        instance = self.ledger.instances.get(missing.instance)
        if not instance:
            self.complain(f"a gap in {missing.instance}, which never was")
            return
        owed = instance.owed(missing.first, missing.last, self.ledger.store, missing.when)
        if not self.ledger.store and (missing.reason != HISTORY or missing.resumed) and \
                self.window_had_gone(instance, missing.last):
            return
        if owed:
            self.complain(f"{owed} of {missing} were delivered by the source: {instance}")

    def judge_unknown(self, unknown):
        start = self.ledger.instances.get(unknown.start.instance) if unknown.start else None
        end = self.ledger.instances.get(unknown.end.instance) if unknown.end else None
        if not start:
            if self.kind.habit != "foreign":
                self.complain(f"{unknown}: begins nowhere")
            return
        if end and end.order < start.order:
            # It reads all that the store has, once more; what is missing there is a gap of its own.
            if unknown.reason != UNKNOWN_CURSOR or not self.ledger.store:
                self.complain(f"{unknown} goes back")
            self.excused[start.name].add(unknown.start.seq + 1, 2**64)
            return
        ranges = self.passed_over(unknown, start, end)
        if not self.may_be_unknown(unknown, start, end, ranges):
            self.complain(f"{unknown} has no reason: {start}, {end}")
        for instance, first, last in ranges:
            self.excused[instance.name].add(first, last)

    def passed_over(self, unknown, start, end):
        """[(Instance, from, to)] of what a gap of unknown size may hide."""
        if start is end:
            return [(start, unknown.start.seq + 1, unknown.end.seq)] if unknown.end.seq > unknown.start.seq else []
        ranges = [(start, unknown.start.seq + 1, 2**64)]
        if not end:  # it went elsewhere by itself
            return ranges
        ranges += [(i, 1, 2**64) for i in self.ledger.order[start.order + 1:end.order]]
        return ranges + ([(end, 1, unknown.end.seq)] if unknown.end.seq else [])

    def may_be_unknown(self, unknown, start, end, ranges):
        if unknown.reason == UNLOADED and not start.unloaded:
            return False
        if self.ledger.store:
            return not any(i.owed(first, last, True, unknown.when) for i, first, last in ranges)
        if start is end:
            return False
        if end and self.window_had_gone(end, unknown.end.seq):
            return True
        # An exporter that never saw the instance.
        if unknown.reason == UNKNOWN_CURSOR:
            return any(first > start.order for first in self.ledger.starts) and (
                not end or unknown.end.seq <= end.had_gone(unknown.when))
        # Up to where the exporter was seen there is an event or a gap.
        return unknown.start.seq >= start.floor

    def judge_instance(self, instance, first):
        if first > instance.head:
            return
        received = self.journal.received[instance.name]
        known = received.union(self.journal.skipped[instance.name])
        for missing in self.journal.missing:
            if missing.instance == instance.name:
                known.add(missing.first, missing.last)
        if known.last and known.last[-1] > instance.head:
            self.complain(f"{instance.name}.{known.last[-1]} is beyond {instance.head}")
        end = self.journal.place.seq if instance is self.ledger.current else instance.head
        for a, b in known.union(self.excused[instance.name]).holes(first, end):
            self.complain(f"{instance.name}: neither event nor gap from {a} to {b}")
        if self.kind.device:
            self.judge_filtered(instance)
        elif first == 1:
            self.judge_told(instance, received.total() == instance.head)

    def judge_told(self, instance, has_all):
        """Gaps tell of as many unpublished ones as the events that came: once."""
        for reason in UNPUBLISHED:
            told = sum(self.journal.unpublished[reason][instance.name].values())
            if told > instance.told(reason) or (has_all and told < instance.told(reason)):
                self.complain(f"{instance.name}: {told} told of as {reason}, not {instance.told(reason)}")

    def judge_filtered(self, instance):
        """No event of its device may have been passed over."""
        skipped = self.journal.skipped[instance.name]
        for a, b in zip(skipped.first, skipped.last):
            for row in ROWS[self.kind.device]:
                for seq in range(a + (row - a) % ROWS_ALL, b + 1, ROWS_ALL):
                    if not instance.summaries.common(seq, seq):
                        self.complain(f"{instance.name}.{seq}, an event of its device, is passed over")
                        return


# Which of the stand-in's events are of a device: numbers modulo ROWS_ALL, as in tests/standin/module.c.
ROWS_ALL = 16
ROWS = {"0000:41:00.0": (3, 7, 12), "0000:03:00.0": (0, 6, 10, 15)}
