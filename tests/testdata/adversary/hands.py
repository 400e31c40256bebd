# hands.py PID...: lays hands on processes, and on its parent and grandparent, in every way that the kernel has. Prints what worked.
# What is not tried here passes: signals, prlimit(2), priorities and the numbers of descriptors ask for the same user only; so did
# /proc/PID/fdinfo before Linux 5.14.
import ctypes, os, re, stat, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
tried, refused = 0, set()
release = tuple(int(n) for n in re.findall(r"\d+", os.uname().release)[:2])


def attempt(what, pid, f):
    global tried
    tried += 1
    try:
        f()
    except OSError as e:
        refused.add(e.strerror)
    else:
        print(what, names[pid], flush=True)


def call(number, *args):
    args = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    r = libc.syscall(ctypes.c_long(number), *args)
    if r < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return r


def parent(pid):
    with open("/proc/%d/status" % pid) as f:
        return int([line for line in f if line.startswith("PPid:")][0].split()[1])


def descriptors(pid):
    fd = call(434, pid, 0)  # pidfd_open
    try:
        worked = []
        for number in range(64):
            try:
                worked.append(os.fstat(call(438, fd, number, 0)))  # pidfd_getfd
            except OSError as e:
                error = e
        if not worked:
            raise error
    finally:
        os.close(fd)


def enter(pid, kind):
    fd = call(434, pid, 0)
    try:
        call(308, fd, kind)  # setns
    finally:
        os.close(fd)


def read(path):
    with open(path, "rb") as f:
        if not f.read(1):
            raise OSError(0, "Nothing in it")


def follow(path):
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    mode = os.fstat(fd).st_mode
    os.close(fd)
    if "/ns/" in path and stat.S_ISDIR(mode):
        raise OSError(0, "The link's own directory")  # what Linux 5.10 gives who may not


def read_link(path):
    if not os.readlink(path):
        raise OSError(0, "An empty link")  # the same


def write_memory(pid):
    with open("/proc/%d/mem" % pid, "r+b") as f:
        f.seek(0x10000)


def vector(number, pid):
    buf = ctypes.create_string_buffer(8)
    local = struct.pack("QQ", ctypes.addressof(buf), 8)
    with open("/proc/%d/stat" % pid) as f:
        stack = int(f.read().rsplit(")", 1)[1].split()[25]) or 0x7fff00000000
    call(number, pid, local, 1, struct.pack("QQ", stack & ~7, 8), 1, 0)


def advise(pid):
    fd = call(434, pid, 0)
    try:
        call(440, fd, struct.pack("QQ", 0x400000, 4096), 1, 20, 0)  # process_madvise, MADV_COLD
    except OSError as e:
        if e.errno == 12:  # ENOMEM: nothing is mapped there, so it was looked for
            return
        raise
    finally:
        os.close(fd)


def trace(pid, request):
    call(101, request, pid, 0, 0)
    os.waitpid(pid, 0x40000000) if request == 16 else None
    call(101, 17, pid, 0, 0) if request == 16 else None  # PTRACE_DETACH


def perf(pid):
    attributes = struct.pack("IIQ", 1, 128, 1) + bytes(112)  # PERF_TYPE_SOFTWARE, the clock
    os.close(call(298, attributes, pid, -1, -1, 0))


def every(pid):
    attempt("PTRACE_SEIZE", pid, lambda: trace(pid, 0x4206))
    attempt("PTRACE_ATTACH", pid, lambda: trace(pid, 16))
    attempt("process_vm_readv", pid, lambda: vector(310, pid))
    attempt("process_vm_writev", pid, lambda: vector(311, pid))
    attempt("process_madvise", pid, lambda: advise(pid))
    attempt("pidfd_getfd", pid, lambda: descriptors(pid))
    attempt("kcmp", pid, lambda: call(312, os.getpid(), pid, 0, 0, 0))
    attempt("get_robust_list", pid, lambda: call(274, pid, bytes(8), bytes(8)))
    attempt("move_pages", pid, lambda: call(279, pid, 1, struct.pack("Q", 0x400000), 0, bytes(8), 0))
    attempt("perf_event_open", pid, lambda: perf(pid))
    for file in "mem", "environ", "auxv", "maps", "smaps", "pagemap", "io", "syscall", "stack", "personality", "timers", "task/%d/mem" % pid:
        attempt(file, pid, lambda: read("/proc/%d/%s" % (pid, file)))
    if release >= (5, 14):
        attempt("fdinfo/0", pid, lambda: read("/proc/%d/fdinfo/0" % pid))
    attempt("mem to write", pid, lambda: write_memory(pid))
    for link in "exe", "cwd", "root", "fd/0", "fd/3", "ns/net", "ns/user", "ns/mnt":
        attempt("link " + link, pid, lambda: read_link("/proc/%d/%s" % (pid, link)))
    for link in "cwd", "root", "fd/0", "ns/net", "ns/user", "ns/mnt", "ns/pid":
        attempt("open " + link, pid, lambda: follow("/proc/%d/%s" % (pid, link)))
    attempt("list map_files", pid, lambda: os.listdir("/proc/%d/map_files" % pid))
    for name, kind in ("net", 0x40000000), ("user", 0x10000000), ("mnt", 0x20000), ("pid", 0x20000000), ("user and net", 0x50000000):
        attempt("setns " + name, pid, lambda: enter(pid, kind))


names = {int(pid): "of another" for pid in sys.argv[1:]}
if not os.environ.get("ALONE"):
    command = os.getpid()
    while parent(command) and open("/proc/%d/comm" % parent(command)).read() != "dnsvisor-keeper\n":
        command = parent(command)
    keeper = parent(command)
    names[keeper], names[parent(keeper)] = "of the keeper", "of the supervisor"
for pid in list(names):
    every(pid)
print("done", flush=True)
print("%d attempts on %d processes: %s" % (tried, len(names), ", ".join(sorted(refused))), file=sys.stderr)
