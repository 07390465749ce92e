"""Records the truth of a chaos run: what the stand-in published, and what was done to the exporter
and when. Judges by that whether a consumer's gaps have an excuse.

A gap is accepted only for sequence numbers that can have been lost. The feed's counter says how
many events it did not receive. If the counter is the same in two looks, every event between them
was delivered for certain. With a store, every consumer is owed such an event for ever, unless a
kill or a damaged file removed it. Without a store, only consumers within the window are owed it.
"""
import collections
import time

from account import Ranges
from consumers import WITHOUT_MEMORY
from journal import HISTORY, UNKNOWN_CURSOR, UNLOADED, UNPUBLISHED

WINDOW = 16384
# The window also holds gaps and health changes, which reduce the number of its events.
WINDOW_OTHERS = 256

# The exporter's status: the feed's cursor, the events it missed, and the events the store dropped.
Look = collections.namedtuple("Look", "life instance seq gap_events dropped when")


class Instance:
    """head, told  the stand-in's newest event, and how many unpublished faults its events reported, by reason
    delivered   sequence numbers that the feed delivered for certain
    floor       the newest of them at the last look
    stored      the newest of them up to which the store has all for certain
    unstored    [(when, first, last)]: from then on the store may lack these
    gone        [(when, last)]: an exporter began to read the kernel's history, which lacked these
    summaries   sequence numbers of summaries"""

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
        """The newest sequence number that exporters started before @when did not find in the
        history."""
        return max((last for since, last in self.gone if since <= when), default=0)

    def owed(self, first, last, stored, when):
        """How many of @first to @last every consumer was owed @when, by the store or else by the
        exporter."""
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
        return self.totals[what] - self.totals["unreported_" + what]


class Ledger:
    """store   the store owes every event to everybody
    disk    there is a store; it may keep events for a shorter time than the window"""

    def __init__(self, store, disk):
        self.store = store
        self.disk = disk
        self.instances = {}
        self.order = []
        self.starts = []  # the order of the first instance that each exporter can know
        self.life = 0
        self.look = None
        self.began = 0  # when an exporter was last started or a module last loaded

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
        """Takes an answer of the stand-in that has its totals."""
        self.current.head = answer["head"]
        self.current.totals = answer
        return answer

    def published(self):
        return sum(instance.head for instance in self.order)

    def exporter_started(self):
        """A new exporter looks for a module now."""
        self.life += 1
        self.look = None
        self.began = time.monotonic()
        loaded = self.current and not self.current.unloaded
        self.starts.append(self.current.order if loaded else len(self.order))

    def exporter_read_history(self):
        """The exporter has read the whole history. Events that it did not find were evicted by now."""
        instance = self.current
        if not instance.unloaded:
            instance.gone.append((self.began, instance.head - instance.history))

    def killed(self):
        """The store may lack events that were not written yet: the next exporter may not find them
        in the kernel's history any more."""
        self.current.lose(self.current.stored + 1, self.current.head)

    def trouble(self, since=None):
        """The store may have lost everything that it had @since then, or now."""
        for instance in self.order:
            instance.lose(1, instance.head, since)

    def store_set_aside(self):
        """The store has set aside a file that was damaged at some time since the last look."""
        self.trouble(self.look.when if self.look else self.began)

    def looked(self, source, dropped, stored):
        """Takes the feed's part of /v1/status and the store's metrics."""
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
        """Events that the store dropped between two looks. @last may be of another instance, or
        None."""
        for instance in self.order:
            if last and instance.name == last.instance:
                instance.lose(max(1, last.seq - WINDOW), instance.head, since=last.when)
            elif instance.name == look.instance:
                instance.lose(1, look.seq, since=last.when if last else self.began)

    def delivered(self):
        return sum(instance.delivered.total() for instance in self.order)

    def law(self):
        """The errors in the stand-in's own numbers, as a list of texts."""
        return [f"{instance.name}: {t}" for instance in self.order for t in [instance.totals]
                if t["raised"] != t["published"] + t["suppressed"] + t["lost"] or
                t["published"] + t["summaries"] != t["head"]]


class Judge:
    """The judge of one consumer's journal."""

    def __init__(self, ledger, kind, journal):
        self.ledger = ledger
        self.kind = kind
        self.journal = journal
        self.complaints = list(journal.faults)
        self.excused = collections.defaultdict(Ranges)

    def complain(self, text):
        self.complaints.append(text)

    def verdict(self):
        """The errors of the journal, as a list of texts."""
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
        """Whether so much was published after @seq that the window may have evicted @seq."""
        later = sum(i.head for i in self.ledger.order[instance.order + 1:])
        return instance.head - seq + later >= WINDOW - WINDOW_OTHERS

    def window_owed(self, instance, first, last, when):
        """How many of @first to @last the window had for certain, whatever the store lost."""
        if instance.order < self.ledger.starts[-1]:
            return 0
        later = sum(i.head for i in self.ledger.order[instance.order + 1:])
        return instance.owed(max(first, instance.head + later - WINDOW + WINDOW_OTHERS + 1), last, False, when)

    def owed(self, instance, first, last, when):
        """How many of @first to @last the store or the window had for certain."""
        stored = instance.owed(first, last, True, when) if self.ledger.store else 0
        return stored or self.window_owed(instance, first, last, when)

    def judge_missing(self, missing):
        """Accepts a gap of events that the feed missed, or that the store lost and the window may
        have evicted."""
        instance = self.ledger.instances.get(missing.instance)
        if not instance:
            self.complain(f"a gap in {missing.instance}, which never was")
            return
        if self.ledger.disk:
            owed = self.owed(instance, missing.first, missing.last, missing.when)
        else:
            owed = instance.owed(missing.first, missing.last, False, missing.when)
        if not self.ledger.disk and (missing.reason != HISTORY or missing.resumed) and \
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
            # After an unknown cursor a store sends everything again. Missing events are then
            # separate gaps.
            if unknown.reason != UNKNOWN_CURSOR or not self.ledger.disk:
                self.complain(f"{unknown} goes back")
            self.excused[start.name].add(unknown.start.seq + 1, 2**64)
            return
        ranges = self.passed_over(unknown, start, end)
        if not self.may_be_unknown(unknown, start, end, ranges):
            self.complain(f"{unknown} has no reason: {start}, {end}")
        for instance, first, last in ranges:
            self.excused[instance.name].add(first, last)

    def passed_over(self, unknown, start, end):
        """[(Instance, from, to)]: the events that a gap of unknown size may cover."""
        if start is end:
            return [(start, unknown.start.seq + 1, unknown.end.seq)] if unknown.end.seq > unknown.start.seq else []
        ranges = [(start, unknown.start.seq + 1, 2**64)]
        if not end:  # the consumer itself continued elsewhere
            return ranges
        ranges += [(i, 1, 2**64) for i in self.ledger.order[start.order + 1:end.order]]
        return ranges + ([(end, 1, unknown.end.seq)] if unknown.end.seq else [])

    def may_be_unknown(self, unknown, start, end, ranges):
        if unknown.reason == UNLOADED and not start.unloaded:
            return False
        if start is end:
            return False
        if self.ledger.disk:
            return not any(self.owed(i, first, last, unknown.when) for i, first, last in ranges)
        if end and self.window_had_gone(end, unknown.end.seq):
            return True
        # An exporter that never knew the instance.
        if unknown.reason == UNKNOWN_CURSOR:
            return any(first > start.order for first in self.ledger.starts) and (
                not end or unknown.end.seq <= end.had_gone(unknown.when))
        # Up to the last look at the exporter, each number must be an event or in a gap.
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
        """Gaps report the same unpublished faults as the received events do, each once."""
        for reason in UNPUBLISHED:
            told = sum(self.journal.unpublished[reason][instance.name].values())
            if told > instance.told(reason) or (has_all and told < instance.told(reason)):
                self.complain(f"{instance.name}: {told} told of as {reason}, not {instance.told(reason)}")

    def judge_filtered(self, instance):
        """A consumer with a filter must not have skipped an event of its device."""
        skipped = self.journal.skipped[instance.name]
        for a, b in zip(skipped.first, skipped.last):
            for row in ROWS[self.kind.device]:
                for seq in range(a + (row - a) % ROWS_ALL, b + 1, ROWS_ALL):
                    if not instance.summaries.common(seq, seq):
                        self.complain(f"{instance.name}.{seq}, an event of its device, is passed over")
                        return


# The rows of each device in the table of tests/standin/module.c; event N is row N modulo ROWS_ALL.
ROWS_ALL = 16
ROWS = {"0000:41:00.0": (3, 7, 12), "0000:03:00.0": (0, 6, 10, 15)}
