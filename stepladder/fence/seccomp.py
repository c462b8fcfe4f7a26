"""System calls that no rung needs: refused for the whole process, all its threads, whatever library asks.

Landlock closes files; this closes what else outlives a process or reaches another: new processes, sockets,
shared memory, queues, keys, modes and times of files, a parent's memory. It is a list of what is refused,
because libraries and their C library differ in what they ask for; calls newer than the list do not exist
here. By hand, for the C library that would do it is not on every machine. Source: linux/seccomp.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache

# name, its number on x86_64, its number on aarch64 (- where there is none)
REFUSED = """
socket 41 198  socketpair 53 199
shmget 29 194  shmat 30 196  shmctl 31 195  semget 64 190  semop 65 193  semctl 66 191  semtimedop 220 192
msgget 68 186  msgsnd 69 189  msgrcv 70 188  msgctl 71 187
mq_open 240 180  mq_unlink 241 181  mq_timedsend 242 182  mq_timedreceive 243 183  mq_notify 244 184
add_key 248 217  request_key 249 218  keyctl 250 219
fork 57 -  vfork 58 -  execve 59 221  execveat 322 281
ptrace 101 117  process_vm_readv 310 270  process_vm_writev 311 271  process_madvise 440 440
process_mrelease 448 448  kcmp 312 272  pidfd_open 434 434  pidfd_getfd 438 438  pidfd_send_signal 424 424
tkill 200 130  migrate_pages 256 238  move_pages 279 239  setpriority 141 140  ioprio_set 251 30
sched_setscheduler 144 119  sched_setparam 142 118  sched_setattr 314 274
chmod 90 -  fchmod 91 52  fchmodat 268 53  fchmodat2 452 452  chown 92 -  lchown 94 -  fchown 93 55
fchownat 260 54  utime 132 -  utimes 235 -  futimesat 261 -  utimensat 280 88  file_setattr 469 469
setxattr 188 5  lsetxattr 189 6  fsetxattr 190 7  setxattrat 463 463
removexattr 197 14  lremovexattr 198 15  fremovexattr 199 16  removexattrat 466 466
truncate 76 45  mknod 133 -  mknodat 259 33  flock 73 32  mincore 27 232  cachestat 451 451
inotify_init 253 -  inotify_init1 294 26  inotify_add_watch 254 27  fanotify_init 300 262
name_to_handle_at 303 264  open_by_handle_at 304 265
mount 165 40  umount2 166 39  pivot_root 155 41  chroot 161 51  unshare 272 97  setns 308 268
open_tree 428 428  open_tree_attr 467 467  move_mount 429 429  fsopen 430 430  fsconfig 431 431
fsmount 432 432  fspick 433 433  mount_setattr 442 442  sethostname 170 161  setdomainname 171 162
settimeofday 164 170  clock_settime 227 112  clock_adjtime 305 266  adjtimex 159 171
swapon 167 224  swapoff 168 225  reboot 169 142  kexec_load 246 104  kexec_file_load 320 294
init_module 175 105  finit_module 313 273  delete_module 176 106  syslog 103 116  acct 163 89
quotactl 179 60  quotactl_fd 443 443  iopl 172 -  ioperm 173 -  bpf 321 280  perf_event_open 298 241
userfaultfd 323 282  personality 135 92  lookup_dcookie 212 18  vhangup 153 58
io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427
"""
LOOKED_INTO = """
clone 56 220  clone3 435 435  kill 62 129  tgkill 234 131  rt_sigqueueinfo 129 138
rt_tgsigqueueinfo 297 240  prctl 157 167  prlimit64 302 261  sched_setaffinity 203 122
sched_getaffinity 204 123  fcntl 72 25  ioctl 16 29  seccomp 317 277
"""
LAST = 470  # calls above it are newer than this list, or of the x32 kind
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, audit.h's word
PRCTL = (2, 3, 15, 16, 21, 23, 29, 30, 38, 39, 41, 42, 50, 51, 0x53564D41)  # names, timers, asking
IOCTL = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5450,
    0x5451,
    0x40049409,
)  # terminal? how much? copy a file
FCNTL = (5, 8, 10, 15, 36, 37, 38, 1024, 1026)  # others' locks, signals to others, leases, notices
CLONE_THREAD = 0x10000
LOAD, EQUAL, ABOVE, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x50000
ALL_THREADS, FILTER, NO_NEW_PRIVS = 1, 1, 38
Step = tuple[int, int, int, int]  # code, where to jump if so, if not, a number


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16), ("so", ctypes.c_uint8), ("not_so", ctypes.c_uint8), ("k", ctypes.c_uint32),
    )  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def refuse() -> bool:
    """Refuse from now on what no rung needs; returns whether this machine can."""
    known = (
        platform.machine() in MACHINES and sys.maxsize > 2**32
    )  # a program of 32 bits calls otherwise
    if not (sys.platform.startswith("linux") and known):
        return False
    steps = [*_program(os.getpid())]
    laid = (_Step * len(steps))(*(_Step(*step) for step in steps))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    said = libc.syscall(
        _numbers(LOOKED_INTO)["seccomp"], FILTER, ALL_THREADS, ctypes.byref(_Program(len(steps), laid))
    )  # fmt: skip
    return bool(said == 0)


@cache
def _numbers(table: str) -> dict[str, int]:
    """The calls of a table that this kind of machine has."""
    column, _ = MACHINES[platform.machine()]
    rows = re.findall(r"(\w+) (\S+) (\S+)", table)
    return {name: int(found[column]) for name, *found in rows if found[column] != "-"}


def _program(own: int) -> Iterator[Step]:
    """The rules as the kernel reads them; a call of another kind of machine is refused whatever it is."""
    asked, refused = _numbers(LOOKED_INTO), _answer(errno.EACCES)
    yield LOAD, 0, 0, 4
    yield from _if(EQUAL, MACHINES[platform.machine()][1], otherwise=refused)
    yield LOAD, 0, 0, 0
    yield from _if(ABOVE, LAST, then=_answer(errno.ENOSYS))
    for number in _numbers(REFUSED).values():
        yield from _if(EQUAL, number, then=refused)
    # its arguments cannot be read from here, and the C library then takes clone
    yield from _if(EQUAL, asked["clone3"], then=_answer(errno.ENOSYS))
    yield from _looked(asked["clone"], 0, ANY_BIT, [CLONE_THREAD], ALLOW, refused)
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        yield from _looked(asked[name], 0, EQUAL, [own], ALLOW, refused)
    for name in ("prlimit64", "sched_setaffinity", "sched_getaffinity"):
        yield from _looked(asked[name], 0, EQUAL, [0, own], ALLOW, refused)
    yield from _looked(asked["prctl"], 0, EQUAL, PRCTL, ALLOW, _answer(errno.EINVAL))
    yield from _looked(asked["ioctl"], 1, EQUAL, IOCTL, ALLOW, _answer(errno.ENOTTY))
    yield from _looked(asked["fcntl"], 1, EQUAL, FCNTL, refused, ALLOW)
    yield RETURN, 0, 0, ALLOW


def _answer(number: int) -> int:
    return REFUSE | number


def _if(test: int, number: int, then: int = 0, otherwise: int = 0) -> Iterator[Step]:
    """Answer at once where a test holds, or where it does not; else go on."""
    yield (test, 0, 1, number) if then else (test, 1, 0, number)
    yield RETURN, 0, 0, then or otherwise


def _looked(
    call: int, argument: int, test: int, values: Iterable[int], then: int, otherwise: int
) -> Iterator[Step]:
    """A call whose answer depends on one of its arguments."""
    inside: list[Step] = [(LOAD, 0, 0, 16 + 8 * argument)]
    for value in values:
        inside += _if(test, value, then=then)
    inside.append((RETURN, 0, 0, otherwise))
    yield EQUAL, 0, len(inside), call
    yield from inside
