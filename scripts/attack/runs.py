"""Runs of attend under limits of memory and time, each a fork of a process that has loaded its libraries (fork_server.c)."""
import dataclasses
import os
import pathlib
import resource
import select
import signal
import socket
import struct
import subprocess
import time

MOST_WRITTEN = 256 << 20  # bytes of a file, so that no run fills the disk
LOOK_EVERY = 0.02         # seconds between two looks at a run's memory


@dataclasses.dataclass
class Limits:
    memory: int     # bytes of peak resident memory
    seconds: float  # of processor time, and without any: a machine that is busy with other things makes no fault


@dataclasses.dataclass
class Outcome:
    code: int       # as of a shell: 128 + signal for a process that one ended
    killed: str     # the limit that it passed, if we ended it
    peak: int       # bytes
    seconds: float  # of processor time
    out: bytes
    err: bytes


def build_server(directory):
    """The library to preload."""
    library = pathlib.Path(directory) / "fork_server.so"
    source = pathlib.Path(__file__).with_name("fork_server.c")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def look(pid):
    """(bytes of resident memory, seconds of processor time) of a process and its children; zeros when it has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            children = [look(int(child)) for child in file.read().split()]
        memory = int(fields[21]) * resource.getpagesize()
        seconds = sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")  # with children that have ended
        return memory + sum(child[0] for child in children), seconds + sum(child[1] for child in children)
    except (OSError, IndexError):
        return 0, 0


class Server:
    """One run at a time."""

    def __init__(self, binary, library, limits):
        self.limits = limits
        self.peer, other = socket.socketpair()
        asan = "detect_leaks=0:allocator_may_return_null=1:verify_asan_link_order=0:handle_abort=1"
        environment = {"PATH": os.environ.get("PATH", ""), "LD_PRELOAD": str(library), "TMPDIR": "tmp",
                       "ATTACK_FD": str(other.fileno()), "OMP_WAIT_POLICY": "passive", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", asan),
                       "UBSAN_OPTIONS": "print_stacktrace=1", "LC_ALL": "C.UTF-8"}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        self.process = subprocess.Popen([binary], env=environment, pass_fds=[other.fileno()], start_new_session=True)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
        resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (0, 0))
        other.close()

    def close(self):
        self.peer.close()
        self.process.wait()

    def receive(self, size):
        data = b""
        while len(data) < size:
            part = self.peer.recv(size - len(data))
            if not part:
                raise RuntimeError("check_attack: the process that is forked has ended")
            data += part
        return data

    def watch(self, pid):
        """Waits for the end; what passes a limit is killed. Returns the limit's name."""
        killed, worked, moved = "", 0, time.monotonic()
        while not select.select([self.peer], [], [], LOOK_EVERY)[0]:
            memory, seconds = look(pid)
            if seconds > worked:
                worked, moved = seconds, time.monotonic()
            stuck = time.monotonic() - moved > self.limits.seconds
            if not killed and (memory > self.limits.memory or seconds > self.limits.seconds or stuck):
                killed = "memory" if memory > self.limits.memory else "time"
                os.kill(pid, signal.SIGKILL)
        return killed

    def run(self, arguments, directory, stdin="/dev/null"):
        """Standard output and error go to files beside the directory."""
        out, err = f"{directory}.out", f"{directory}.err"
        request = b"".join(os.fsencode(str(text)) + b"\0" for text in [directory, stdin, out, err, *arguments])
        self.peer.sendall(struct.pack("<I", len(request)) + request)
        pid = struct.unpack("<i", self.receive(4))[0]
        killed = self.watch(pid)
        status, peak, spent = struct.unpack("<iqq", self.receive(20))
        code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        texts = []
        for path in (out, err):
            with open(path, "rb") as file:
                texts.append(file.read(1 << 16))
            os.remove(path)
        return Outcome(code, killed, peak * 1024, spent / 1e6, *texts)
