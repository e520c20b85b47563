"""Has a socket on a port until it is killed: situation.py USER listen|bind tcp|udp ADDRESS PORT. Says "ready" then."""
import os
import signal
import socket
import sys

user, manner, kind, address, port = sys.argv[1:]
if int(user) != 0:
    os.setgroups([])
    os.setuid(int(user))
family = socket.AF_INET6 if ":" in address else socket.AF_INET
owned = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
owned.bind((address, int(port)))
if manner == "listen" and kind == "tcp":
    owned.listen()
print("ready", flush=True)
signal.pause()
