"""Tests of a twentieth of a second that need a port each: of portserver where there is an address, else what portpicker finds to be free."""

import socket
import time

import portpicker
import pytest


@pytest.mark.parametrize("number", range(100))
def test_server(number):
    with socket.socket() as server:
        server.bind(("127.0.0.1", portpicker.pick_unused_port()))
        server.listen()
        socket.create_connection(server.getsockname()).close()
        time.sleep(0.05)
