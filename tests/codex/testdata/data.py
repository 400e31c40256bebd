# What a user's script does: each step on a line of its own, or the error that stopped it.
import os
import socket

import requests
from requests_kerberos import HTTPKerberosAuth, OPTIONAL

host = "internal-data.example.corp"


def step(name, what):
    try:
        print(name, what())
    except Exception as e:
        print(name, "failed:", e)


step("CODEX_NETWORK_PROXY_ACTIVE", lambda: os.environ.get("CODEX_NETWORK_PROXY_ACTIVE"))
step("getaddrinfo", lambda: socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)[0][4][0])
step("getfqdn", lambda: socket.getfqdn(host))
step("request", lambda: requests.get(f"https://{host}/data", auth=HTTPKerberosAuth(
    hostname_override=socket.getfqdn(host), mutual_authentication=OPTIONAL)).status_code)
