"""Another program that wants ports. Reads one JSON request, tries each attempt, prints what each gave.

{"user": 65534, "attempts": [{"protocol": "tcp", "address": "::", "port": 0, "options": ["SO_REUSEADDR"], "repeat": 1}]}
An attempt gives the port it bound (and freed again) or the name of the error. With "connect" in place of a port it
lets the system choose the local port of a connection to that port.
"""
import errno
import json
import os
import socket
import struct
import sys

OPTIONS = {
    "SO_REUSEADDR": (socket.SOL_SOCKET, socket.SO_REUSEADDR),
    "SO_REUSEPORT": (socket.SOL_SOCKET, socket.SO_REUSEPORT),
    "IPV6_V6ONLY": (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
}


def attempt(request):
    address, kind = request["address"], request["protocol"]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as sock:
        for option in request.get("options", []):
            sock.setsockopt(*OPTIONS[option], 1)
        try:
            if "connect" in request:
                if kind == "tcp":
                    # Reset on close: closing connections would use the few ports up.
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.connect((address, request["connect"]))
            else:
                sock.bind((address, request["port"]))
        except OSError as error:
            return errno.errorcode[error.errno]
        return sock.getsockname()[1]


request = json.load(sys.stdin)
if "user" in request:
    os.setgroups([])
    os.setuid(request["user"])
listeners = []
for port in request.get("listen", []):
    listeners.append(socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=4096))
print(json.dumps([attempt(each) for each in request["attempts"] for _ in range(each.get("repeat", 1))]))
