# Prints TAP, for tests/vm/run and tests/e2e. `feed` forwards the lines of the guest and of host()
# as they come and counts them. It holds back their plans, because the plan of the whole comes last.
import re

RESULT = re.compile(r"(not )?ok (\d+)")
PLAN = re.compile(r"1\.\.(\d+)$")


class Tap:
    def __init__(self, out):
        self.out = out
        self.count = 0
        self.failed = 0
        self.plan = None  # the plan of the part being read; None until it has ended

    def feed(self, line):
        line = line.rstrip("\r\n")
        plan = PLAN.match(line)
        if plan:
            self.plan = int(plan[1])
            if self.plan != self.count:
                self.result(False, f"{self.plan} checks planned, {self.count} seen")
            return
        result = RESULT.match(line)
        if result:
            self.count += 1
            self.failed += bool(result[1])
        self.write(line)

    def result(self, passed, name):
        self.count += 1
        self.failed += not passed
        self.write(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        return bool(passed)

    def same(self, got, expected, name):
        """A check for equality. For lists, shows where the first difference is."""
        passed = self.result(got == expected, name)
        if not passed and isinstance(got, list) and isinstance(expected, list):
            at = next((i for i, pair in enumerate(zip(got, expected)) if pair[0] != pair[1]),
                      min(len(got), len(expected)))
            self.diag(f"{len(got)} and {len(expected)} elements, from index {at}:")
            got, expected = got[at:at + 2], expected[at:at + 2]
        if not passed:
            self.diag(f"  got:      {got!r:.2000}")
            self.diag(f"  expected: {expected!r:.2000}")
        return passed

    def diag(self, text):
        self.write("# " + text)

    def bail_out(self, reason):
        self.write("Bail out! " + reason)

    def finish(self):
        self.write(f"1..{self.count}")

    def write(self, line):
        self.out.write(line + "\n")
        self.out.flush()
