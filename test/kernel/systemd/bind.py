"""bind.py PORT [TOKEN]: binds the port on every address and says what came of it."""
import socket, struct, sys

server = socket.socket(socket.AF_INET6)
server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
try:
    if len(sys.argv) > 2:
        server.setsockopt(0x5052, 1, struct.pack("=Q", int(sys.argv[2])))
    server.bind(("::", int(sys.argv[1])))
    print("bound")
except OSError as error:
    print(error.strerror)
