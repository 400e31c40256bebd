"""Runs a test that was built with through.h: through.py "RESOLVER RESOLVER RESOLVER" COMMAND..."""
import os
import socket
import sys

here, there = socket.socketpair()
sockets = []
for port in (5301, 5302, 5303):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        s = socket.socket(socket.AF_INET, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
        s.bind(("127.0.0.1", port))
        sockets.append(s)
socket.send_fds(here, [b"x"], [s.fileno() for s in sockets])
there.set_inheritable(True)
os.environ["THROUGH"] = f"{there.fileno()} {sys.argv[1]}"
os.execvp(sys.argv[2], sys.argv[2:])
