# TAP as `run` sees it: passes the guest's and host()'s lines on as they come, counts them, and
# holds back their plans, because the plan of the whole comes last.
import re

RESULT = re.compile(r"(not )?ok (\d+)")
PLAN = re.compile(r"1\.\.(\d+)$")


class Tap:
    def __init__(self, out):
        self.out = out
        self.count = 0
        self.failed = 0
        self.plan = None  # of the half that is being read; None until it came to its end

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

    def diag(self, text):
        self.write("# " + text)

    def bail_out(self, reason):
        self.write("Bail out! " + reason)

    def finish(self):
        self.write(f"1..{self.count}")

    def write(self, line):
        self.out.write(line + "\n")
        self.out.flush()
