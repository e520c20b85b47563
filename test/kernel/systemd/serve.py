"""serve.py PORT [LATER]: serves the port, tells systemd so, and binds the later one when it gets SIGUSR1."""
import os, signal, socket, sys

server = socket.create_server(("0.0.0.0", int(sys.argv[1])))


def later(*_):
    try:
        globals()["second"] = socket.create_server(("0.0.0.0", int(sys.argv[2])))
        said = "bound"
    except OSError as error:
        said = error.strerror
    with open("/run/running", "w") as file:
        file.write(said)


signal.signal(signal.SIGUSR1, later)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
while True:
    signal.pause()
