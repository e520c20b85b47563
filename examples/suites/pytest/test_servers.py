import os
import socket
import socketserver
import threading

import pytest


def serve(port):
    """A server that binds as plain Python does, without any option."""
    server = socketserver.TCPServer(("127.0.0.1", port), socketserver.BaseRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.mark.parametrize("number", range(24))
def test_server_has_its_port(port, number):
    with serve(port) as server:
        socket.create_connection(("127.0.0.1", port)).close()
        server.shutdown()
    # For who runs two suites at once: which ports were given.
    if log := os.environ.get("PORTS_LOG"):
        with open(log, "a") as file:
            file.write(f"{port}\n")


def test_block(ports):
    first, second = ports(2)
    assert second == first + 1
    with serve(first) as one, serve(second) as other:
        one.shutdown()
        other.shutdown()


def test_session_port_stays(session_port):
    assert 1024 <= session_port <= 65535
