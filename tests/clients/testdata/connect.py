"""Asks the proxy of HTTPS_PROXY to connect to each name of standard input, and prints the status that it answers with."""
import base64
import json
import os
import socket
import sys
import urllib.parse

if "HTTPS_PROXY" not in os.environ:
    try:
        socket.socket().close()
    except PermissionError:
        sys.exit("there is no proxy, and no network")
    sys.exit("there is no proxy")
proxy = urllib.parse.urlsplit(os.environ["HTTPS_PROXY"])
login = base64.b64encode(f"{proxy.username or ''}:{proxy.password or ''}".encode()).decode()

for name in sys.stdin.read().split():
    with socket.create_connection((proxy.hostname, proxy.port), timeout=30) as connection:
        target = name if name.rpartition(":")[2].isdecimal() else name + ":443"
        connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: Basic {login}\r\n\r\n".encode())
        reader = connection.makefile("rb")
        status = int(reader.readline().split()[1])
        headers = {}
        while line := reader.readline().strip().decode():
            key, _, value = line.partition(":")
            headers[key.lower()] = value.strip()
        print(json.dumps({"name": name, "status": status, "reason": headers.get("x-proxy-error", "")}), flush=True)
