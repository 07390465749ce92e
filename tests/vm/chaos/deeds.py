"""Disturbances of the module, the exporter and the clock while faults come in. The module and the
exporter are both running before and after each one. The seed determines the decisions, but not
the time at which they take effect."""
import json
import time

import testbed

DROPPED = 'faultcast_events_lost_total{stage="store"}'
LAG = 'faultcast_output_lag_events{output="store"}'
UP = "faultcast_store_up"
# The store retries after 1, 2, 4 and 8 s.
RECOVERY_SECONDS = 60

DEVICES = ("0000:00:04.0", "0000:00:05.0", "0000:00:06.0")
HOUR = 3600
STORMS = 2
STORM_LINES = 40

# The module's parameters, in turn: it keeps everything, evicts, loses, or suppresses events.
PARAMETERS = (
    {"history": 131072, "queue": 8192, "rate": 0},
    {"history": 256, "queue": 1024, "rate": 0},
    {"history": 16384, "queue": 2, "rate": 0},
    {"history": 16384, "queue": 1024, "rate": 100},
    {"history": 65536, "queue": 2048, "rate": 0},
    {"history": 1024, "queue": 16, "rate": 2000},
)

# The parameters at the end, so that suppressed and lost faults exist when the module comes to rest.
LOSSY = {"history": 16384, "queue": 2, "rate": 0}

# Sanitized exporters are slow, and find more.
PROGRAMS = ("faultcast_exporter",) * 2 + ("faultcast_exporter_san",)
RECEIVE_BUFFERS = (1, 65536, 65536, 4 << 20)


class World:
    """The guest, the processes in it, and their state."""

    def __init__(self, tap, guest, truth, random):
        """Starts an exporter with a store if @truth has one."""
        self.tap, self.guest, self.truth, self.random = tap, guest, truth, random
        self.exporter = testbed.Served(guest.address)
        self.reads = False  # whether an exporter runs and is not paused
        self.loads = 0
        self.overruns = 0  # how often an exporter reported an overrun
        self.wrong = []

    def look(self):
        """Reads the store's lag last. If it is 0, everything that the feed had before is stored."""
        try:
            dropped = self.exporter.metric(DROPPED) or 0
            source = json.loads(self.exporter.get("/v1/status", seconds=5)[1])["source"]
            self.truth.looked({"cursor": "", "gapEvents": 0, **source}, dropped, self.is_stored())
        except (OSError, ValueError, KeyError):
            pass  # not running, or too busy

    def is_stored(self):
        return self.exporter.metric(LAG) == 0 and self.exporter.metric(UP) == 1

    def pause(self, longest):
        end = time.monotonic() + self.random.uniform(0, longest)
        while time.monotonic() < end:
            if self.reads:
                self.look()
            time.sleep(min(0.5, max(0, end - time.monotonic())))

    def load(self, parameters=None):
        if not parameters:
            parameters = PARAMETERS[self.loads % len(PARAMETERS)]
            self.loads += 1
        words = " ".join(f"{name}={value}" for name, value in parameters.items())
        self.guest.do("load_faultcast " + words)
        self.truth.came(self.guest.module(), parameters)
        self.tap.diag(f"instance {self.truth.current.name}: {words}")

    def unload(self, seconds=20, patient=True):
        """Unloads the module and returns whether that worked. The dump of an exporter holds the
        module, if the exporter is paused or cannot keep up with the storm. With @patient, the
        storms then pause."""
        status, printed = self.guest.ask(f"unload {seconds}")
        if status and patient:
            self.guest.do("touch /tmp/hold")
            status, printed = self.guest.ask("unload 90", 120)
            self.guest.do("rm /tmp/hold")
        if status:
            return False
        self.wrong += self.truth.went(printed)
        return True

    def start(self):
        program, rcvbuf = self.random.choice(PROGRAMS), self.random.choice(RECEIVE_BUFFERS)
        self.truth.exporter_started()
        self.guest.do(f"start {program} --netlink.rcvbuf={rcvbuf}{self.storage()}")
        self.reads = True
        self.await_ready()

    def storage(self):
        return " --storage.path=/store/events" if self.truth.store else ""

    def await_ready(self):
        if not testbed.wait_for(self.exporter.is_ready, 60):
            raise testbed.Error("the exporter does not become ready")
        self.truth.counted(self.guest.module())
        self.truth.exporter_read_history()

    def end(self, signal):
        self.reads = False
        status, _ = self.guest.ask(f"kill -{signal} $exporter; wait $exporter")
        if not self.truth.current.unloaded:
            self.truth.counted(self.guest.module())
        if signal == "KILL":
            self.truth.killed()
        expected = {"KILL": 137, "TERM": 0}[signal]
        if status != expected:
            self.wrong.append(f"an exporter ended with {status} on SIG{signal}")

    def stop(self):
        self.reads = False
        self.guest.do("kill -STOP $exporter")

    def go_on(self):
        self.guest.do("kill -CONT $exporter")
        self.reads = True

    def settle(self):
        """Pauses the storms until no event is queued and no fault is unreported; False after a
        timeout."""
        self.guest.do("touch /tmp/hold")
        end = time.monotonic() + 40
        before = None
        while time.monotonic() < end:
            status = self.guest.module()
            if status == before and not status.get("queued"):
                self.truth.settled(status)
                return True
            before = status
            time.sleep(2.5)  # summaries are sent after a second
        return False

    def start_storms(self):
        for number in range(STORMS):
            for _ in range(STORM_LINES):
                self.guest.do(f"echo '{storm_line(self.random)}' >>/tmp/storm.{number}")
            self.guest.do(f"storm /tmp/storm.{number} & storms=\"$storms $!\"")


def storm_line(random):
    """A line of a storm. Half of the lines pause, because the clients share the emulated CPU and
    must be able to keep up."""
    device = random.choice(DEVICES)
    kind = random.random()
    if kind < 0.3:
        devices = " ".join(random.sample(DEVICES, random.randint(1, len(DEVICES))))
        gap = random.choice((0, 0, 200, 1000))
        return f"rogue mixed {devices} count={random.randint(50, 1500)} gap_us={gap} parallel=1"
    if kind < 0.5:
        burst = random.choice((1, 20, 256, 2000))
        interrupts = random.randint(1, min(100, 2000 // burst))
        return (f"raise_iommu_fault device={device} count={burst * interrupts} burst={burst} "
                f"gap_us={random.choice((0, 1000, 10000))}")
    return f"sleep {random.uniform(0.2, 2):.2f}"


def kill(world):
    world.end("KILL")
    world.pause(2)
    world.start()


def terminate(world):
    world.end("TERM")
    world.pause(1)
    world.start()


def stall(world):
    """Pauses the exporter until the kernel drops messages for it."""
    world.guest.do("faultcastctl config --rate 0 --host-rate 0")
    dropped = int(world.guest.do("dropped"))
    world.stop()
    status, _ = world.guest.ask(f"until_dropped {dropped} 8")
    world.go_on()
    world.await_ready()
    if not status:
        world.overruns += 1
        overruns = 'faultcast_source_overruns_total{source="netlink"}'
        if not testbed.wait_for(lambda: world.exporter.metric(overruns), 20):
            world.wrong.append("an exporter was not told that its buffer was full")


def reload(world, parameters=None):
    """Loads the module again in the middle of a storm, while the exporter reads."""
    if not world.unload():
        raise testbed.Error("the module does not unload")
    world.pause(1)
    world.load(parameters)
    world.await_ready()


def reload_quietly(world):
    """Loads the module again after all faults are reported. Its last counters then equal the faults
    that every consumer must have been told."""
    settled = world.settle()
    if settled:
        reload(world)
    else:
        world.wrong.append("the module does not come to rest")
    world.guest.do("rm -f /tmp/hold")


def reload_unseen(world):
    """Loads the module again once or twice, while the exporter is paused."""
    world.stop()
    for _ in range(world.random.randint(1, 2)):
        if not world.unload(seconds=3, patient=False):
            break
        world.load()
        world.pause(1.5)
    world.go_on()
    world.await_ready()


def reload_without_exporter(world):
    world.end("KILL")
    for _ in range(world.random.randint(1, 2)):
        if not world.unload():
            raise testbed.Error("the module does not unload")
        world.load()
        world.pause(1.5)
    world.start()


def unloaded_restart(world):
    """Restarts the exporter while no module is loaded."""
    if not world.unload():
        raise testbed.Error("the module does not unload")
    world.end("TERM")
    world.truth.exporter_started()
    world.guest.do("start faultcast_exporter" + world.storage())
    testbed.wait_for(world.exporter.answers, 20)
    world.load()
    world.reads = True
    world.await_ready()


def reload_lossy(world):
    """Loses events, then suppresses some."""
    reload(world, LOSSY)
    time.sleep(4)
    world.guest.do("faultcastctl config --rate 50 --burst 1")
    time.sleep(4)


def fill_disk(world):
    """Fills the disk. The exporter may be killed meanwhile. Afterwards all new events are stored
    again."""
    if not world.truth.store:
        return
    begun = time.monotonic()
    world.truth.trouble()
    world.guest.do("dd if=/dev/zero of=/store/ballast bs=1M; [ -s /store/ballast ]")
    world.pause(4)
    if world.random.random() < 0.5:
        kill(world)
    world.guest.do("rm /store/ballast; touch /tmp/hold")
    if not testbed.wait_for(world.is_stored, RECOVERY_SECONDS):
        world.wrong.append("the store does not recover from a full disk")
    world.guest.do("rm /tmp/hold")
    world.truth.counted(world.guest.module())
    world.truth.trouble(since=begun)


def clock(world):
    world.guest.do(f"step {world.random.choice((-HOUR, HOUR))}")


def limit(world):
    world.guest.do(f"faultcastctl config --rate {world.random.choice((1, 50, 1000))} --burst 1")


def nothing(world):
    world.pause(4)


DEEDS = [kill] * 3 + [terminate] * 2 + [stall] * 4 + [reload] * 2 + [reload_quietly] * 2 + [reload_unseen] * 3 + \
    [reload_without_exporter] * 2 + [unloaded_restart] + [fill_disk] * 2 + [clock] * 3 + [limit] * 2 + [nothing] * 3
