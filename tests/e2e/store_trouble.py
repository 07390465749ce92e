"""Disturbances of the store for chaos. The store has a small file system of its own, which is
filled. Its file is damaged, replaced or deleted: while the exporter runs, while none runs, or
just before it is killed.

The store must recover by itself each time, except that a file in which nothing shows that it is
the store's must be removed by an operator. Older events may be lost, either at once or when a
damaged page is read and the whole file is set aside. Events that come later must not be lost.
"""
import contextlib
import os
import subprocess
import time

import testbed

SIZE = 512 << 20
# The store retries after 1, 2, 4 and 8 s.
RECOVERY_SECONDS = 40
UP = "faultcast_store_up"
KEY_COLUMNS = b" instance INTEGER NOT NULL, seq INTEGER NOT NULL, sub INTEGER NOT NULL,"


class Disk:
    """A tmpfs in the test's mount namespace. `path` is the store's file."""

    def __init__(self, directory):
        self.directory = directory
        self.path = os.path.join(directory, "events")
        self.ballast = os.path.join(directory, "ballast")
        os.mkdir(directory)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", directory], check=True)

    def unmount(self):
        subprocess.run(["umount", "--lazy", self.directory], check=True)

    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.directory], check=True)

    def fill(self):
        """Fills the file system to the last byte."""
        with open(self.ballast, "ab", buffering=0) as file:
            size = 64 << 20
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 4

    def free(self):
        if os.path.exists(self.ballast):
            os.unlink(self.ballast)

    def overwrite(self, offset, content):
        if os.path.exists(self.path):
            with open(self.path, "r+b") as file:
                file.seek(offset)
                file.write(content)

    def set_aside(self):
        """Identifies the damaged files that the store has set aside."""
        return [(name, os.stat(os.path.join(self.directory, name)).st_ino)
                for name in sorted(os.listdir(self.directory)) if ".corrupt-" in name]

    def remove_foreign(self):
        """Plays the operator, who removes a file that the store leaves alone."""
        with contextlib.suppress(FileNotFoundError):
            with open(self.path, "rb") as file:
                page = file.read(8192)
            ours = page.startswith(b"SQLite format 3\0") and page[68:72] == b"fcas"
            if page and not ours and KEY_COLUMNS not in page:
                os.unlink(self.path)

    def size(self):
        return os.path.getsize(self.path) if os.path.exists(self.path) else 0


def fill(chaos):
    chaos.disk.fill()
    chaos.ask(f"publish {chaos.random.randrange(1, 30000)}")
    chaos.pause(2)


def damage_header(chaos):
    chaos.disk.overwrite(0, chaos.random.randbytes(100))


def damage_page(chaos):
    """Damages several pages in the middle, because a single one may never be read again."""
    pages = chaos.disk.size() // 8192
    for _ in range(chaos.random.randrange(1, 20)):
        if pages > 2:
            chaos.disk.overwrite(8192 * chaos.random.randrange(1, pages), chaos.random.randbytes(8192))


def rubbish(chaos):
    """Replaces the file with random bytes."""
    with open(chaos.disk.path + ".new", "wb") as file:
        file.write(chaos.random.randbytes(chaos.random.randrange(1, 100000)))
    os.rename(chaos.disk.path + ".new", chaos.disk.path)


def truncate(chaos):
    if chaos.disk.size():
        os.truncate(chaos.disk.path, chaos.random.randrange(chaos.disk.size()))


def delete(chaos):
    for name in os.listdir(chaos.disk.directory):
        os.unlink(os.path.join(chaos.disk.directory, name))


def delete_file(chaos):
    """Deletes the file under a store that owes nothing. Consumers go on in the window."""
    delete(chaos)
    chaos.ask(f"publish {chaos.random.randrange(1, 5000)}")


DEEDS = (fill, damage_header, damage_page, rubbish, truncate, delete)


def while_running(chaos, deed):
    deed(chaos)


def while_killed(chaos, deed):
    deed(chaos)
    chaos.pause(0.2)
    chaos.kill()
    chaos.start()


def between(chaos, deed):
    chaos.random.choice((chaos.kill, chaos.terminate))()
    deed(chaos)
    chaos.start()


def read_only(chaos):
    """Makes the file system read-only, which needs that no file on it is open for writing."""
    chaos.terminate()
    chaos.disk.remount("ro")
    chaos.start()
    chaos.pause(2)


def store_trouble(chaos):
    """Applies a random disturbance in one of the ways."""
    began = time.monotonic()
    chaos.ledger.trouble(began)
    if chaos.random.random() < 0.1:
        read_only(chaos)
        chaos.done["read_only"] += 1
    else:
        way = chaos.random.choice((while_running, while_killed, between))
        deed = chaos.random.choice(DEEDS)
        chaos.done[f"{deed.__name__} {way.__name__}"] += 1
        way(chaos, deed)
    recover(chaos)
    # Events that came during the disturbance may be lost too.
    chaos.ledger.trouble(began)


def recover(chaos):
    chaos.disk.remount("rw")
    chaos.disk.free()
    chaos.disk.remove_foreign()
    # The damage shows only when the store writes to the file.
    chaos.ask("publish 2000")
    chaos.ask("stop")
    if not testbed.wait_for(lambda: chaos.exporter.metric(UP) == 1 and not chaos.store_lag(), RECOVERY_SECONDS):
        raise testbed.Error("the store does not recover")
    chaos.ask("status")
