"""Takes a port with SO_REUSEPORT, says "ready", and answers every connection or datagram with "taker" until killed.

taker.py tcp|udp ADDRESS PORT
"""
import socket
import sys

kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
taker = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
taker.bind((address, port))
if kind == "tcp":
    taker.listen(128)
print("ready", flush=True)
while True:
    if kind == "tcp":
        connection, _ = taker.accept()
        connection.sendall(b"taker")
        connection.close()
    else:
        _, sender = taker.recvfrom(64)
        taker.sendto(b"taker", sender)
