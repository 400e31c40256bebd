# asker: for each line of standard input it asks in every way at once, and prints what came of each: right, an error, or what else.
# Whoever has no end after five seconds hangs, and is killed.
import json, os, select, signal, socket, struct, subprocess, sys, time

SERVER, HANG = ("10.9.8.1", 53), 5.0

def question(name):
    return os.urandom(2) + struct.pack(">5H", 0x100, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0\0\1\0\1"

def judge(q, a, right):
    code, count = a[3] & 15, struct.unpack(">H", a[6:8])[0]
    if right(code, count, a):
        return "right"
    return "error %d" % code if code else "wrong %s" % a.hex()

def datagrams(name, connected, right):
    s, q = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), question(name)
    s.settimeout(1)
    if connected: s.connect(SERVER)
    for i in range(4): # as resolvers do
        s.send(q) if connected else s.sendto(q, SERVER)
        try:
            while True:
                a = s.recv(4096)
                if a[:2] == q[:2]: return judge(q, a, right)
        except TimeoutError: pass
    return "error timeout"

def stream(name, right):
    s, q = socket.create_connection(SERVER, 4), question(name)
    s.sendall(struct.pack(">H", len(q)) + q)
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
        part = s.recv(65536)
        if not part: return "error closed"
        data += part
    return judge(q, data[2:], right)

def sandbox(command):
    got = subprocess.run(command + ["getent", "ahostsv4", "a.corp.test"], env=dict(os.environ, RES_OPTIONS="timeout:1 attempts:4"), capture_output=True, text=True, close_fds=False)
    if got.stdout.startswith("192.0.2.1 "): return "right"
    return "error %d" % got.returncode if not got.stdout else "wrong " + got.stdout

address = lambda last: lambda code, count, a: code == 0 and count == 1 and a.endswith(bytes([192, 0, 2, last]))
many = lambda code, count, a: code == 0 and count == 120
nothing = lambda code, count, a: code == 3 and count == 0
WAYS = {
    "caught": lambda: datagrams("a.corp.test", False, address(1)),
    "connected": lambda: datagrams("a.corp.test", True, address(1)),
    "stream": lambda: stream("big.corp.test", many),
    "denied": lambda: datagrams("secret.corp.test", False, nothing),
    "denied, connected": lambda: datagrams("secret.corp.test", True, nothing),
    "door": lambda: sandbox([]),
    "sandbox": lambda: sandbox(["unshare", "-Urn"]),
}

def child(way, w):
    try: outcome = WAYS[way]()
    except OSError as e: outcome = "error " + (e.strerror or str(e))
    os.write(w, outcome.encode())
    os._exit(0)

def everything():
    pids, outcomes, until = {}, {}, time.monotonic() + HANG
    for way in WAYS:
        r, w = os.pipe()
        pid = os.fork()
        if not pid: child(way, w)
        os.close(w)
        pids[r] = (way, pid)
    while pids:
        ready = select.select(list(pids), [], [], max(0, until - time.monotonic()))[0]
        for r in ready or list(pids):
            way, pid = pids.pop(r)
            outcomes[way] = os.read(r, 4096).decode() if ready else "hang"
            if not ready: os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0); os.close(r)
    return outcomes

if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(everything()), flush=True)
