"""Unmodified portpicker in many processes, while others take ports of the system's choice and connect: what came of it."""

import json
import multiprocessing
import socket
import sys

import portpicker


def pick(count, results, done):
    """Binds each port as portpicker's users do, in TCP without any option, and keeps it until all have theirs."""
    kept, lost = [], 0
    ports = [portpicker.pick_unused_port() for _ in range(count)]
    for port in ports:
        server = socket.socket()
        try:
            server.bind(("", port))
            server.listen()
        except OSError:
            lost += 1
        kept.append(server)
    results.put((ports, lost))
    done.wait()


def storm(done):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    while not done.is_set():
        others = []
        for _ in range(64):
            other = socket.socket()
            other.bind(("", 0))
            client = socket.create_connection(listener.getsockname())
            others += [other, client, listener.accept()[0]]
        for one in others:
            one.close()


def main(processes, count):
    results, done = multiprocessing.Queue(), multiprocessing.Event()
    pickers = [multiprocessing.Process(target=pick, args=(count, results, done)) for _ in range(processes)]
    storms = [multiprocessing.Process(target=storm, args=(done,)) for _ in range(2)]
    for one in storms + pickers:
        one.start()
    found = [results.get() for _ in pickers]
    done.set()
    for one in storms + pickers:
        one.join()
    ports = [port for some, _ in found for port in some]
    print(json.dumps({"picked": len(ports), "different": len(set(ports)), "lost": sum(lost for _, lost in found)}))


main(int(sys.argv[1]), int(sys.argv[2]))
