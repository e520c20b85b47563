"""Fixtures for tests that need ports: each is this test's own, in every worker of pytest-xdist.

Run the suite under an address:  portreservation exec -- pytest -n auto
"""

import json
import os
import socket

import pytest


def _ask(number_of_ports, hold):
    """One line to the address: the process the ports are for, and what is wanted. The answer is one line, too."""
    address = os.environ.get("PORT_RESERVATION_ADDRESS")
    if not address:
        raise pytest.UsageError("no ports to be had: run portreservation exec -- pytest ...")
    wish = {"protocol": ["tcp", "udp"], "numberOfPorts": number_of_ports, "hold": hold}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        connection.sendall(f"{os.getpid()} {json.dumps(wish)}\n".encode())
        answer = json.loads(connection.makefile().readline())
    if "refused" in answer:
        raise RuntimeError(answer["refused"]["message"])
    return answer["created"]["reservations"][0]["range"]["startPort"]


@pytest.fixture
def port():
    """A port that nobody else is given. Python's socketserver sets no SO_REUSEADDR, so nothing holds it (docs/holds.md)."""
    return _ask(1, "none")


@pytest.fixture
def ports():
    """Makes a block of ports: `first, second = ports(2)`."""

    def block(number_of_ports):
        first = _ask(number_of_ports, "none")
        return list(range(first, first + number_of_ports))

    return block


@pytest.fixture(scope="session")
def session_port():
    """A port for what a whole worker of pytest-xdist shares, such as a database."""
    return _ask(1, "none")
