"""What the real module says of itself, for the judge of tests/e2e: STATUS while it is there, and the
counters that it prints into the kernel's log when it goes."""
import account
import consumers
import ledger

COUNTERS = ("raised", "published", "suppressed", "lost", "head", "summaries")
TOLD_AS = {"GAP_REASON_SUPPRESSED": "suppressed", "GAP_REASON_LOST": "lost"}


class Truth(ledger.Ledger):
    def counted(self, status):
        """Takes STATUS of the instance that is there."""
        return self.answered({name: status.get(name, 0) for name in COUNTERS})

    def killed(self):
        """In a storm the store has seldom all of even those that went before."""
        for instance in self.order[-3:]:
            instance.lose(instance.stored + 1, instance.head)

    def came(self, status, parameters):
        """Takes the first STATUS."""
        self.loaded({"instance": status["instance"], "head": 0}, parameters["history"])
        self.current.parameters = parameters
        self.current.settled = False
        self.counted(status)

    def went(self, printed):
        """Takes the words that it printed, as NAME=NUMBER; returns what is wrong with them."""
        values = {name: int(value) for name, value in (word.split("=") for word in printed.split())}
        values["summaries"] = values["head"] - values["published"]
        before = self.current.totals
        self.counted(values)
        self.current.unloaded = True
        wrong = [f"{name} went down" for name in COUNTERS if values[name] < before[name]]
        if values["queued"]:
            wrong.append("something is still queued")
        if self.current.settled and before != self.current.totals:
            wrong.append("and yet nothing had happened")
        return [f"{self.current.name}: {text}: {printed}, after {before}" for text in wrong]

    def settled(self, status):
        """Nothing is queued or untold, and nothing happens until it goes."""
        self.counted(status)
        self.current.settled = True


class Judge(ledger.Judge):
    """Of one consumer. What was untold when the module went, only the module knew: those who have
    every event have been told the same (@told: {(instance, reason): {how many}}), and all of it where
    the module went quietly."""

    def __init__(self, truth, kind, journal, told):
        super().__init__(truth, kind, journal)
        self.told = told

    def judge_told(self, instance, has_all):
        for reason, counter in TOLD_AS.items():
            told = sum(self.journal.unpublished[reason][instance.name].values())
            counted = instance.totals[counter]
            if told > counted or (has_all and instance.settled and told < counted):
                self.complain(f"{instance.name}: {told} told of as {reason}, {counted} counted")
            if has_all:
                self.told.setdefault((instance.name, reason), set()).add(told)


def rows(truth, kind, journal):
    """A row for each instance: what the consumer has of it, and how much gaps of unknown size hide
    from it, by the module's last words."""
    for instance in truth.order:
        name = instance.name
        received = journal.received[name].total()
        missing = [gap for gap in journal.missing if gap.instance == name]
        by = [sum(gap.last - gap.first + 1 for gap in missing if gap.reason == reason)
              for reason in (ledger.HISTORY, "GAP_REASON_TOO_SLOW")]
        known = received_or_missing(journal, name)
        hidden = "-" if kind.habit in consumers.WITHOUT_MEMORY else instance.head - known.total()
        told = [sum(journal.unpublished[reason][name].values()) for reason in TOLD_AS]
        yield [name[:8], instance.head, received, *by, hidden, *told]


def received_or_missing(journal, name):
    known = journal.received[name].union(account.Ranges())
    for gap in journal.missing:
        if gap.instance == name:
            known.add(gap.first, gap.last)
    return known
