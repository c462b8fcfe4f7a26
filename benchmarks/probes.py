"""What a hostile rung may try: a list of probes, each held or not, at each level, as root and as a user.

python benchmarks/probes.py            # this user, the level this machine reaches
sudo python benchmarks/probes.py --all # root and nobody, each walled and, where user namespaces are refused, fenced

A probe is a few lines of Python in a user's rung that is run as the bake-off runs it. It got through if it
returns something true; it was held if it returns something false or raises. A system call counts as held only if
it was refused: one that fails for its arguments has reached the kernel. Some leave something in one job and look
for it in the next. What is promised of each is written beside it.
"""

# ruff: noqa: E501  (a probe is a line)
from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import pwd
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve()


@dataclass(frozen=True)
class Probe:
    """What is tried, in one job or in two; fenced: whether it is held without a view of the job's own."""

    name: str
    look: str
    leave: str = ""
    fenced: bool = True
    honest: bool = False  # must get through: a wall that nothing gets through is no rung's place


# readable by a rung, and read by nobody while this runs: another test's reading would look like the rung's
RARE = next(
    Path(str(file.locate()))
    for file in importlib.metadata.files("numpy") or ()
    if file.name == "LICENSE.md"
)


def probes(text: str, **more: bool) -> list[Probe]:
    """A probe a line: its name, and what it does."""
    rows = (line.split(": ", 1) for line in text.strip().splitlines())
    return [Probe(name.strip(), body.strip(), **more) for name, body in rows]


# what a body may use; `call` makes a system call, `c_open` opens a file past every hook in Python
TOOLS = """
import ctypes, errno, glob, mmap, os, platform, pwd, signal, socket, stat, struct, sys, threading, time
from pathlib import Path
from stepladder.fence import seccomp
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {**seccomp._numbers(seccomp.REFUSED), **seccomp._numbers(seccomp.LOOKED_INTO)}
HELD = (errno.EACCES, errno.EPERM, errno.ENOSYS, errno.EROFS)
HOME, TOKEN, BEGAN, OWN = "{home}", "{token}", {began}, os.environ["TMPDIR"]
FUTURE, SOURCE = HOME + "/data/purchases.parquet", HOME + "/orders.csv"
STARTER = os.getppid()
USER_HOME = pwd.getpwuid(os.getuid()).pw_dir
LIBRARY = seccomp.__file__
RARE = "{rare}"

def did(said):
    if said >= 0:
        return True
    return ctypes.get_errno() not in HELD

def call(name, *arguments):
    if name not in NUMBERS:
        return False
    ctypes.set_errno(0)
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return did(libc.syscall(NUMBERS[name], *given))

def c_open(path, flags=0, mode=0o600):
    return libc.open(os.fsencode(path), flags, mode) >= 0

def read(path, much=64):
    fd = libc.open(os.fsencode(path), 0)
    return fd >= 0 and os.read(fd, much)

def there(path):
    return libc.access(os.fsencode(path), 0) == 0

def in_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start(); thread.join()
    return found[0]

def flags_set_again(fd):
    flags = ctypes.byref(ctypes.c_long())
    asked = libc.ioctl(fd, ctypes.c_ulong(0x80086601), flags)
    return asked == 0 and libc.ioctl(fd, ctypes.c_ulong(0x40086602), flags) == 0

def forked(fork):
    pid = fork()
    if pid == 0:
        os._exit(0)
    return pid > 0

def machine_code(code):
    room = mmap.mmap(-1, 4096, prot=7)
    room.write(code)
    where = ctypes.addressof(ctypes.c_char.from_buffer(room))
    return ctypes.CFUNCTYPE(ctypes.c_long)(where)()

def udf():
    import pyarrow as pa, pyarrow.compute as pc
    got = []
    def work(context, values):
        got.append(c_open(FUTURE)); return values
    pc.register_scalar_function(work, "probe", dict(summary="", description=""), dict(x=pa.int64()), pa.int64())
    import pyarrow.dataset as ds
    ds.dataset(pa.table(dict(x=[1, 2]))).to_table(columns=dict(y=pc.Expression._call("probe", [pc.field("x")])))
    return any(got)
"""

PROBES = [
    *probes(
        """
        rows of the past: history.sql("select 1").num_rows
        a file in its own folder: Path(OWN, "x").write_text("x")
        a temporary file: __import__("tempfile").NamedTemporaryFile().write(b"x")
        a thread: in_thread(lambda: True)
        its own /proc: read("/proc/self/status")
        an anonymous file: os.memfd_create("x") > 0
    """,
        honest=True,
    ),
    *probes("""
        future by libc: c_open(FUTURE)
        future by Python: open(FUTURE, "rb").read(1)
        future by DuckDB: __import__("duckdb").sql(f"from read_parquet('{FUTURE}')").fetchall()
        future by history.sql: history.sql(f"from read_parquet('{FUTURE}')").num_rows
        future by parquet: __import__("pyarrow.parquet").parquet.read_table(FUTURE)
        future by dataset: __import__("pyarrow.dataset").dataset.dataset(FUTURE).to_table()
        future by memory map: __import__("pyarrow").memory_map(FUTURE)
        future by numpy: __import__("numpy").fromfile(FUTURE)
        future in a thread: in_thread(lambda: c_open(FUTURE))
        future in Arrow's threads: udf()
        future by /proc/self/root: c_open("/proc/self/root" + FUTURE)
        future by /proc/self/cwd: c_open("/proc/self/cwd/data/purchases.parquet")
        future by a relative name: c_open("data/purchases.parquet")
        future by a folder's handle: libc.openat(os.open(HOME, os.O_PATH), b"data/purchases.parquet", 0) >= 0
        future by a hard link: libc.link(os.fsencode(FUTURE), os.fsencode(OWN + "/l")) == 0 and c_open(OWN + "/l")
        future by a symbolic link: libc.symlink(os.fsencode(FUTURE), os.fsencode(OWN + "/s")) == 0 and c_open(OWN + "/s")
        future moved to itself: libc.rename(os.fsencode(FUTURE), os.fsencode(OWN + "/r")) == 0
        future by file handle: call("name_to_handle_at", -100, FUTURE.encode(), ctypes.create_string_buffer(256), ctypes.byref(ctypes.c_int()), 0)
        open by handle: call("open_by_handle_at", -100, ctypes.create_string_buffer(256), 0)
        future with an empty path: libc.openat(os.open(FUTURE, os.O_PATH), b"", 0x1000) >= 0
        future by its handle in /proc: read("/proc/self/fd/%d" % os.open(FUTURE, os.O_PATH))
        the source: c_open(SOURCE)
        the record: c_open(HOME + "/stepladder.db")
        another rung: c_open(HOME + "/rungs/r1_other.py")
        names in the project: libc.opendir(os.fsencode(HOME))
        names in /tmp: os.listdir("/tmp")
        names in the home: os.listdir(USER_HOME)
        names by DuckDB: __import__("duckdb").sql(f"from glob('{HOME}/data/*')").fetchall()
        /etc/shadow: c_open("/etc/shadow")
        the user's keys: c_open(USER_HOME + "/.ssh/id_rsa") or c_open(USER_HOME + "/.bashrc")
        the disk, raw: any(read(p) for p in glob.glob("/dev/vd?") + glob.glob("/dev/sd?") + glob.glob("/dev/nvme?n?"))
        the memory, raw: read("/dev/mem") or read("/dev/kmem") or read("/proc/kcore")
        the kernel's log: read("/dev/kmsg") or read("/proc/kmsg")
        sqlite over the future: __import__("sqlite3").connect(FUTURE).execute("select * from sqlite_master")
    """),
    *probes("""
        write into the project: c_open(HOME + "/x", 0o101)
        write over the source: c_open(SOURCE, 1)
        write over its own code: c_open(HOME + "/rungs/r1_probe.py", 1)
        write into /tmp: c_open("/tmp/x" + TOKEN, 0o101)
        write into /var/tmp: c_open("/var/tmp/x" + TOKEN, 0o101)
        write into /dev/shm: c_open("/dev/shm/x" + TOKEN, 0o101)
        write into the home: c_open(USER_HOME + "/x" + TOKEN, 0o101)
        write into the libraries: c_open(os.path.dirname(LIBRARY) + "/x", 0o101) or c_open(LIBRARY, 1)
        write into compiled code: c_open(os.path.dirname(seccomp.__file__) + "/__pycache__/x", 0o101)
        write into /etc: c_open("/etc/x" + TOKEN, 0o101)
        empty a file while reading it: c_open(SOURCE, 0o1000)
        truncate: libc.truncate(os.fsencode(SOURCE), ctypes.c_long(0)) == 0
        remove a file: libc.unlink(os.fsencode(SOURCE)) == 0
        make a folder: libc.mkdir(os.fsencode(HOME + "/f"), 0o700) == 0
        remove a folder: libc.rmdir(os.fsencode(HOME + "/empty")) == 0
        a file out of its folder: c_open(OWN + "/y", 0o101) and libc.rename(os.fsencode(OWN + "/y"), os.fsencode(HOME + "/y")) == 0
        a pipe with a name: libc.mkfifo(os.fsencode(OWN + "/p"), 0o600) == 0
        a device: call("mknodat", -100, (OWN + "/d").encode(), stat.S_IFBLK | 0o600, os.makedev(254, 0))
        a set-uid file: libc.chmod(os.fsencode(OWN), 0o4777) == 0
    """),
    *probes("""
        mode of a file: call("fchmodat", -100, SOURCE.encode(), 0o777)
        mode of a file, newly: call("fchmodat2", -100, SOURCE.encode(), 0o777, 0)
        mode of a library: call("fchmod", os.open(LIBRARY, 0), 0o755)
        owner of a file: call("fchownat", -100, SOURCE.encode(), os.getuid(), os.getgid(), 0)
        time of a file: call("utimensat", -100, SOURCE.encode(), 0, 0)
        time of a library: call("utimensat", os.open(LIBRARY, 0), 0, 0, 0)
        time of a file, by Python: os.utime(SOURCE, (1, 1)) is None
        attribute of a file: call("setxattr", SOURCE.encode(), b"user.x", b"1", 1, 0)
        attribute of a library: call("fsetxattr", os.open(LIBRARY, 0), b"user.x", b"1", 1, 0)
        attribute removed: call("removexattr", SOURCE.encode(), b"user.x")
        flags of a library: flags_set_again(os.open(LIBRARY, 0))
        a lock on a library: libc.flock(os.open(LIBRARY, 0), 6) == 0
        a lease on a library: libc.fcntl(os.open(LIBRARY, 0), 1024, 0) == 0
        a watch on a library: libc.inotify_add_watch(libc.inotify_init(), LIBRARY.encode(), 1) >= 0
        a file in memory?: call("mincore", 0, 0, 0)
    """),
    *(
        probe
        for whom, pid in (("the starter", "STARTER"), ("init", "1"))
        for probe in probes(f"""
        environment of {whom}: read(f"/proc/{{{pid}}}/environ")
        memory map of {whom}: read(f"/proc/{{{pid}}}/maps")
        memory of {whom}: c_open(f"/proc/{{{pid}}}/mem")
        command of {whom}: read(f"/proc/{{{pid}}}/cmdline")
        files of {whom}: os.listdir(f"/proc/{{{pid}}}/fd")
        folder of {whom}: os.listdir(f"/proc/{{{pid}}}/cwd/")
        root of {whom}: c_open(f"/proc/{{{pid}}}/root" + FUTURE)
        a signal to {whom}: libc.kill({pid}, 0) == 0
    """)
    ),
    *probes("""
        environment of the bake-off: any(b"PROBED=secret" in (read(p, 99999) or b"") for p in glob.glob("/proc/[0-9]*/environ"))
        a password in its own environment: "secret" in str(os.environ) or b"secret" in read("/proc/self/environ", 99999)
        all processes: len(os.listdir("/proc"))
        the last process's number: read("/proc/loadavg") or read("/proc/sys/kernel/ns_last_pid")
        locks of all: read("/proc/locks")
        keys of all: read("/proc/keys")
        a debugger on the starter: call("ptrace", 16, STARTER, 0, 0)
        a debugger on itself: call("ptrace", 0, 0, 0, 0)
        the starter's memory: call("process_vm_readv", STARTER, 0, 0, 0, 0, 0)
        into the starter's memory: call("process_vm_writev", STARTER, 0, 0, 0, 0, 0)
        a handle on the starter: call("pidfd_open", STARTER, 0)
        a file of the starter: call("pidfd_getfd", 0, 0, 0)
        a signal by thread: call("tkill", STARTER, 0)
        a signal to a group's thread: call("tgkill", STARTER, STARTER, 0)
        a signal to everybody: libc.kill(-1, 0) == 0
        a signal through a file: libc.fcntl(os.open(LIBRARY, 0), 8, STARTER) == 0
        limits of the starter: call("prlimit64", STARTER, 7, 0, ctypes.create_string_buffer(16))
        niceness of the starter: call("setpriority", 0, STARTER, 0)
        niceness of all of the user's: call("setpriority", 2, os.getuid(), 0)
        processors of the starter: call("sched_setaffinity", STARTER, 8, ctypes.byref(ctypes.c_long(-1)))
        scheduling of the starter: call("sched_setscheduler", STARTER, 3, ctypes.byref(ctypes.c_int(0)))
        disk priority of the starter: call("ioprio_set", 1, STARTER, 0)
        outliving: libc.prctl(1, 0, 0, 0, 0) == 0
        hiding from its parent: libc.prctl(4, 0, 0, 0, 0) == 0
    """),
    *probes("""
        fork by Python: forked(os.fork)
        fork by libc: forked(libc.fork)
        fork by number: forked(lambda: libc.syscall(NUMBERS["fork"]))
        clone by number: forked(lambda: libc.syscall(NUMBERS["clone"], signal.SIGCHLD, 0, 0, 0, 0))
        clone as a sibling: forked(lambda: libc.syscall(NUMBERS["clone"], 0x8000 | signal.SIGCHLD, 0, 0, 0, 0))
        clone3 by number: call("clone3", 0, 0)
        fork in multiprocessing: __import__("multiprocessing").get_context("fork").Process(target=int).start() is None
        a program by subprocess: __import__("subprocess").run(["/bin/true"])
        a program by system: libc.system(b"exit 0") == 0
        a program by spawn: os.posix_spawn("/bin/true", ["true"], {})
        a program by exec: call("execve", 0, 0, 0)
        a program by handle: call("execveat", -1, b"", 0, 0, 0)
        a shell by popen: libc.popen(b"true", b"r")
    """),
    *probes("""
        TCP: socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        TCP by number: call("socket", 2, 1, 0)
        UDP by number: call("socket", 2, 2, 0)
        IPv6 by number: call("socket", 10, 1, 0)
        raw packets: call("socket", 17, 3, 0)
        netlink: call("socket", 16, 3, 0)
        virtual machines' sockets: call("socket", 40, 1, 0)
        the kernel's ciphers: call("socket", 38, 5, 0)
        a socket with a name: call("socket", 1, 1, 0)
        a pair of sockets: call("socketpair", 1, 2, 0, (ctypes.c_int * 2)())
        a name looked up: socket.getaddrinfo("example.org", 80)
        a page: __import__("urllib.request").request.urlopen("http://127.0.0.1:1/")
        an extension of DuckDB: __import__("duckdb").sql("install httpfs")
        DuckDB over HTTP: __import__("duckdb").sql("from 'http://127.0.0.1:1/x.parquet'")
    """),
    *probes("""
        System V memory: call("shmget", 77, 4096, 0o1600)
        System V semaphores: call("semget", 77, 1, 0o1600)
        System V messages: call("msgget", 77, 0o1600)
        POSIX messages: call("mq_open", b"x", 0o102, 0o600, 0)
        POSIX memory: libc.shm_open(b"/x" + TOKEN.encode(), 0o102, 0o600) >= 0
        POSIX semaphores: libc.sem_open(b"/x", 0o100, 0o600, 1)
        a key: call("add_key", b"user", b"x", b"y", 1, -4)
        a key asked for: call("request_key", b"user", b"x", 0, -4)
        a keyring: call("keyctl", 0, -4, 1)
    """),
    *probes("""
        name of the machine: call("sethostname", b"x", -1)
        domain of the machine: call("setdomainname", b"x", -1)
        clock of the machine: call("clock_settime", 0, 0)
        clock of the machine, of old: call("settimeofday", 0, 0)
        pace of the clock: call("adjtimex", ctypes.create_string_buffer(512))
        mount: call("mount", 0, b"/none", 0, 0, 0)
        mount, newly: call("fsopen", b"tmpfs", 0)
        unmount: call("umount2", b"/none", 2)
        move a mount: call("move_mount", -1, b"", -1, b"", 0)
        a copy of the tree: call("open_tree", -100, b"/", 1)
        writable again: call("mount_setattr", -100, b"/", 0, ctypes.create_string_buffer(32), 32)
        another root: call("chroot", b"/")
        another root, for all: call("pivot_root", b"/", b"/")
        a namespace: call("unshare", 0x10000000)
        a namespace of others: call("setns", 0, 0)
        programs in the kernel: call("bpf", 0, 0, 0)
        counters of the processor: call("perf_event_open", 0, 0, -1, -1, 0)
        rings of calls: call("io_uring_setup", 1, ctypes.create_string_buffer(120))
        faults by hand: call("userfaultfd", 1)
        another personality: call("personality", 0x0040000)
        another kernel: call("kexec_load", 0, 0, 0, 0)
        a module: call("init_module", 0, 0, b"")
        a module away: call("delete_module", b"none", 0)
        restart: call("reboot", 0, 0, 0, 0)
        swap: call("swapon", b"", 0)
        the kernel's log, by number: call("syslog", 10, 0, 0)
        accounting: call("acct", b"/none")
        quotas: call("quotactl", 0, 0, 0, 0)
        ports: call("iopl", 3) or call("ioperm", 0, 1, 1)
        hang up: call("vhangup")
        a setting of the kernel: c_open("/proc/sys/kernel/hostname", 1) or c_open("/proc/sys/vm/drop_caches", 1)
        its own place among the killed: c_open("/proc/self/oom_score_adj", 1)
        its own group: any(c_open(p, 1) for p in glob.glob("/sys/fs/cgroup/cgroup.procs") + glob.glob("/sys/fs/cgroup/*/cgroup.procs"))
        the most memory anybody used: any(read(p) for p in glob.glob("/sys/fs/cgroup/memory*/memory.max_usage_in_bytes") + glob.glob("/sys/fs/cgroup/memory.peak"))
        another user: os.getuid() == 0 and libc.setuid(1) == 0
        privileges again: libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(2, 2, 0, 0, 0, 0)) == 0
        privileges left: int(next(l for l in open("/proc/self/status") if l.startswith("CapPrm")).split()[1], 16)
        calls of 32 bits: platform.machine() == "x86_64" and machine_code(bytes.fromhex("b814000000cd804898c3")) > 0
        calls of the x32 kind: platform.machine() == "x86_64" and libc.syscall(0x40000000 | 39) > 0
        calls to come: libc.syscall(600, 0) >= 0 or ctypes.get_errno() != errno.ENOSYS
    """),
]
CHANNELS = [
    Probe("left in /dev/shm", 'there("/dev/shm/" + TOKEN)', 'c_open("/dev/shm/" + TOKEN, 0o101)'),
    Probe("left in /tmp", 'there("/tmp/" + TOKEN)', 'c_open("/tmp/" + TOKEN, 0o101)'),
    Probe("left in its folder", 'glob.glob(os.path.dirname(OWN) + "/*/" + TOKEN)', 'c_open(OWN + "/" + TOKEN, 0o101)'),
    Probe("left among the answers", 'glob.glob(HOME + "/out/*" + TOKEN) or there(HOME + "/out/r1_probe/" + TOKEN)',
          'c_open(OWN + "/out/" + TOKEN, 0o101)'),
    Probe("left in the starter", 'hasattr(sys.modules["stepladder"], TOKEN)', 'setattr(sys.modules["stepladder"], TOKEN, 1)'),
    Probe("left in the environment", 'TOKEN in os.environ', 'os.environ.update({TOKEN: "1"})'),
    Probe("left in a kernel's key", 'libc.syscall(NUMBERS["keyctl"], 10, -4, b"user", TOKEN.encode(), 0) > 0',
          'libc.syscall(NUMBERS["add_key"], b"user", TOKEN.encode(), b"y", 1, -4) > 0'),
    Probe("left in shared memory", 'libc.shmget(int(TOKEN, 16) & 0xffffff, 4096, 0) >= 0', 'libc.shmget(int(TOKEN, 16) & 0xffffff, 4096, 0o1600)'),
    Probe("left as a priority", 'os.getpriority(0, 0) != 0', 'os.setpriority(0, STARTER, 7)'),
    Probe("left as a limit", 'libc.prlimit and __import__("resource").getrlimit(7)[0] == 777',
          'libc.syscall(NUMBERS["prlimit64"], STARTER, 7, struct.pack("QQ", 777, 777), None)'),
    Probe("left as processors", 'len(os.sched_getaffinity(0)) < os.cpu_count()', 'os.sched_setaffinity(STARTER, {0})'),
    Probe("left as a time", 'os.stat(LIBRARY).st_mtime == 12345', 'os.utime(LIBRARY, (12345, 12345))'),
    Probe("left as an attribute", 'b"user." + TOKEN.encode() in b"".join(os.fsencode(x) for x in os.listxattr(LIBRARY))',
          'libc.setxattr(LIBRARY.encode(), b"user." + TOKEN.encode(), b"1", 1, 0)'),
    Probe("left in compiled kernels", 'there(USER_HOME + "/.cache/stepladder/compiled/" + TOKEN)',
          'c_open(USER_HOME + "/.cache/stepladder/compiled/" + TOKEN, 0o101)'),
    Probe("left as a name without a file", 'socket.socket(1, 1).connect("\\0" + TOKEN) is None', 'socket.socket(1, 1).bind("\\0" + TOKEN)'),
    Probe("left as the size of what is kept", 'there(HOME + "/bakeoffs/1/kept.parquet") and os.stat(HOME + "/bakeoffs/1/kept.parquet").st_size',
          '1', fenced=False),
    Probe("left as the time of a reading", 'os.stat(RARE).st_atime > BEGAN', 'read(RARE)', fenced=False),
    Probe("what else is in /tmp", 'there("/tmp/seen" + TOKEN)', '1', fenced=False),
]  # fmt: skip

RUNG = """'Tries what a hostile rung may try.'
import json
import pyarrow as pa
{tools}
def fit(history):
    for number, body in json.loads({bodies!r}):
        try:
            got = bool(eval(body, {{**globals(), "history": history}}))
        except BaseException as error:
            got = False
        os.write(1, f"{{number}} {{int(got)}}\\n".encode())
    return {{"mean": 1.0}}

def predict(model, history, cases):
    return pa.table({{"customer": cases["customer"], "prediction": [1.0] * len(cases)}})
"""


def main() -> None:
    """Print the table; exits with 1 if something got through that should not, or an honest thing did not."""
    options = argparse.ArgumentParser()
    options.add_argument(
        "--all", action="store_true", help="root and nobody, walled and fenced; as root"
    )
    options.add_argument("--here", action="store_true", help="as JSON, for this user as things are")
    given = options.parse_args()
    if given.here:
        print(json.dumps(tried()))
        return
    ways = [("root", True), ("root", False), ("nobody", True), ("nobody", False)]
    found = [started(user, walled) for user, walled in ways] if given.all else [tried()]
    wrong = shown(found)
    sys.exit(1 if wrong else 0)


def tried() -> dict[str, object]:
    """Every probe, run by this user: which got through, at which level."""
    if "PROBED" not in os.environ:  # the system shows the environment that a process began with
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PROBED": "secret"})
    with tempfile.TemporaryDirectory() as room:
        world = World(Path(room).resolve())
        # what is left first: some probes, if they get through, leave the process unable to
        first = world.run([*(c.leave for c in CHANNELS), *(probe.look for probe in PROBES)])
        (world.home / "bakeoffs" / "1").mkdir(parents=True)
        (world.home / "bakeoffs" / "1" / "kept.parquet").write_bytes(b"12345")
        Path(f"/tmp/seen{world.token}").touch()
        later = world.run([channel.look for channel in CHANNELS])
        Path(f"/tmp/seen{world.token}").unlink()
        through = dict(zip([p.name for p in PROBES], first[len(CHANNELS) :], strict=True))
        through |= {c.name: got for c, got in zip(CHANNELS, later, strict=True)}
        through["anything of the project changed"] = world.changed()
        user = pwd.getpwuid(os.getuid()).pw_name
        return {"user": user, "level": world.level, "through": through}


class World:
    """A project whose future lies in data/, and a rung that is given the past."""

    def __init__(self, room: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.home, self.token, self.level, self.began = (
            room / "project",
            os.urandom(6).hex(),
            "",
            time.time(),
        )
        for folder in ("data", "rungs", "known", "empty"):
            (self.home / folder).mkdir(parents=True)
        now = date(2024, 7, 1)
        days = [now + timedelta(days=n - 50) for n in range(100)]
        table = pa.table({"customer": [n % 9 for n in range(100)], "day": pa.array(days, pa.date32()),
                          "value": [1.0] * 100, "row": list(range(100))})  # fmt: skip
        pq.write_table(table, self.home / "data" / "purchases.parquet")
        pq.write_table(table.slice(0, 50), self.home / "known" / "purchases.parquet")
        pq.write_table(
            pa.table({"customer": list(range(9))}), self.home / "known" / "cases.parquet"
        )
        for name in ("orders.csv", "stepladder.db", "rungs/r1_other.py"):
            (self.home / name).write_text("secret")
        with contextlib.suppress(OSError):  # only its owner may say that nobody read it for long
            os.utime(RARE, (1e9, RARE.stat().st_mtime))
        self.was = self._state()

    def run(self, bodies: list[str]) -> list[bool]:
        """Which of these got through; one that ends the process did not, and the rest is run again."""
        got: dict[int, bool] = {}
        while todo := [(n, body) for n, body in enumerate(bodies) if n not in got]:
            said = self._measured(todo)
            got |= said
            if len(said) < len(todo):
                got[next(n for n, _ in todo if n not in said)] = False
        return [got[n] for n in range(len(bodies))]

    def changed(self) -> bool:
        """Whether a file of the project is another, or is marked."""
        return self._state() != self.was

    def _measured(self, bodies: list[tuple[int, str]]) -> dict[int, bool]:
        from stepladder.core.ask import Ask, Source
        from stepladder.fence.child import Job
        from stepladder.fence.measure import measure

        tools = TOOLS
        for name, value in (
            ("{home}", str(self.home)),
            ("{token}", self.token),
            ("{began}", str(self.began)),
            ("{rare}", str(RARE)),
        ):
            tools = tools.replace(name, value)
        rung = self.home / "rungs" / "r1_probe.py"
        rung.write_text(RUNG.format(tools=tools, bodies=json.dumps(bodies)))
        source = Source(source=str(self.home / "orders.csv"), cleaned="data/purchases.parquet")
        job = Job(
            question="retention", rung=str(rung),
            tables={"purchases": (str(self.home / "known" / "purchases.parquet"), "day")},
            cases=str(self.home / "known" / "cases.parquet"), now="2024-07-01",
            ask=Ask(question="retention", horizon=30, tables={"purchases": source}).model_dump_json(),
            out=str(self.home / "out" / "r1_probe"), project=str(self.home),
        )  # fmt: skip
        found = measure(job, time_box=120, memory_mb=4000)
        self.level = getattr(found, "fence", "") or self.level
        rows = [line.split() for line in found.detail.splitlines()]
        told = {int(r[0]): r[1] == "1" for r in rows if len(r) == 2 and r[0].isdigit()}
        if not told:
            raise SystemExit(f"{found.status}\n{found.detail}")
        return told

    def _state(self) -> list[tuple[object, ...]]:
        out, rung = self.home / "out", self.home / "rungs" / "r1_probe.py"
        paths = [p for p in sorted(self.home.rglob("*")) if out not in (p, *p.parents) and p != rung
                 and p != rung.parent and "bakeoffs" not in p.parts]  # fmt: skip
        return [(p, s.st_mode, s.st_uid, s.st_size, s.st_mtime) for p in paths for s in [p.lstat()]]


def started(user: str, walled: bool) -> dict[str, object]:
    """The same in a process of a user; fenced: with another root, in which no namespace can be made."""
    steps = [
        "set -e; mount --make-rprivate /; mount -t tmpfs none /mnt; mkdir /mnt/python /mnt/root"
    ]
    closed = [p for p in Path(sys.base_prefix).parents if not p.stat().st_mode & 0o001]
    if user != "root" and closed:  # where root keeps its Python to itself
        steps.append(
            f'mount --bind "{sys.base_prefix}" /mnt/python; '
            f'mount -t tmpfs -o mode=755 none "{closed[-1]}"; mkdir -p "{sys.base_prefix}"; '
            f'mount --bind /mnt/python "{sys.base_prefix}"'
        )
    change = (
        f"setpriv --reuid {user} --regid {pwd.getpwnam(user).pw_gid} --clear-groups"
        if user != "root"
        else ""
    )
    root = "" if walled else "chroot /mnt/root"
    if not walled:
        steps.append("mount --rbind / /mnt/root")
    script = "; ".join([*steps, f'cd /; exec {root} {change} "$@"'])
    command = ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, str(HERE), "--here"]
    ran = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "HOME": "/tmp"}
    )
    if ran.returncode:
        raise SystemExit(f"{user}, {'walled' if walled else 'fenced'}: {ran.stderr}{ran.stdout}")
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def shown(found: list[dict[str, object]]) -> int:
    """The table, a line for each probe; returns how many are not as promised."""
    heads = [f"{one['user']} {one['level']}" for one in found]
    print(f"{'probe':44}" + "".join(f"{head:>18}" for head in heads))
    known = {probe.name: probe for probe in (*PROBES, *CHANNELS)}
    wrong = 0
    for name in found[0]["through"]:  # type: ignore[attr-defined]
        probe, line = known.get(name, Probe(name, "")), f"{name[:43]:44}"
        for one in found:
            got = one["through"][name]  # type: ignore[index]
            promised = (
                probe.honest
                or one["level"] == "walled"
                or (one["level"] == "fenced" and probe.fenced)
            )
            bad = promised and got != probe.honest
            word = (
                ("works" if got else "FAILS")
                if probe.honest
                else "GOT THROUGH"
                if bad
                else "open"
                if got
                else "held"
            )
            wrong, line = wrong + bad, line + f"{word:>18}"
        print(line)
    print(f"{len(known) + 1} probes, {len(found)} ways: {wrong} not as promised")
    return wrong


if __name__ == "__main__":
    main()
