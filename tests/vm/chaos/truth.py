"""The real module's own counters, for the judge of tests/e2e: STATUS while it is loaded, and the
counters that it logs when it is unloaded."""
import account
import consumers
import ledger

COUNTERS = ("raised", "published", "suppressed", "lost", "head", "summaries")
TOLD_AS = {"GAP_REASON_SUPPRESSED": "suppressed", "GAP_REASON_LOST": "lost"}


class Truth(ledger.Ledger):
    def counted(self, status):
        """Takes STATUS of the loaded instance."""
        return self.answered({name: status.get(name, 0) for name in COUNTERS})

    def killed(self):
        """During a storm the store may lack events of the earlier instances too."""
        for instance in self.order[-3:]:
            instance.lose(instance.stored + 1, instance.head)

    def came(self, status, parameters):
        """Takes the first STATUS of an instance."""
        self.loaded({"instance": status["instance"], "head": 0}, parameters["history"])
        self.current.parameters = parameters
        self.current.settled = False
        self.counted(status)

    def went(self, printed):
        """Takes the logged words NAME=NUMBER. Returns the errors in them."""
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
        """Nothing is queued or unreported, and nothing more happens until the module is unloaded."""
        self.counted(status)
        self.current.settled = True


class Judge(ledger.Judge):
    """The judge of one consumer. When the module is unloaded, only the module knows the unreported
    faults. All consumers with every event must have been told the same numbers (@told:
    {(instance, reason): {number}}). If the instance had settled, they must have been told of all
    faults."""

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
    """A row for each instance: the events that the consumer has, and the number that gaps of
    unknown size hide, by the module's last counters."""
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
