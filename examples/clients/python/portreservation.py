"""A client of PortReservation on Python's own asyncio: joins who serves, or starts a worker. Copy it.

async with await Client.open() as ports:
    made = await ports.call("reservation/create", {"protocol": "tcp", "numberOfPorts": 2})
"""

import asyncio
import json
import os


class PortError(Exception):
    """What the service refused: `name` is of the catalogue, `hint` says what to do."""

    def __init__(self, error):
        super().__init__(error["message"])
        data = error.get("data") or {}
        self.code, self.name, self.hint, self.errors = error["code"], data.get("name"), data.get("hint"), data.get("errors")


class WorkerGone(Exception):
    """Nobody serves any more: what was reserved is free."""


class Client:
    def __init__(self, reader, writer, process=None):
        self._reader, self._writer, self._process = reader, writer, process
        self._waiting, self._last_id, self.on_change = {}, 0, None
        self.gone = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, command=("portreservation", "serve", "--stdio"), watch=None):
        address, process = os.environ.get("PORT_RESERVATION_ADDRESS"), None
        try:
            reader, writer = await asyncio.open_unix_connection(address or "")
        except OSError:  # nobody there
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
            reader, writer = process.stdout, process.stdin
        client = cls(reader, writer, process)
        client.on_change = watch
        # On this machine: a worker that is started here ends when this process does.
        params = {"protocolVersion": 1, "processId": os.getpid(), "capabilities": {"reservationChanged": watch is not None}}
        client.server = await client.call("initialize", params)
        return client

    async def call(self, method, params):
        if self.gone.done():
            raise WorkerGone
        self._last_id += 1
        answer = self._waiting[self._last_id] = asyncio.get_running_loop().create_future()
        self._send({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})
        return await answer

    async def close(self):
        self._writer.close()  # the end of input frees what is held
        await self._reading
        if self._process:
            await self._process.wait()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    def _send(self, message):
        body = json.dumps(message).encode()
        self._writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read(self):
        try:
            while True:
                header = await self._reader.readuntil(b"\r\n\r\n")
                length = next(int(line.split(b":")[1]) for line in header.split(b"\r\n") if line.lower().startswith(b"content-length"))
                self._take(json.loads(await self._reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        # Calls under way would wait for ever.
        for answer in self._waiting.values():
            answer.set_exception(WorkerGone())
        self._waiting.clear()
        self.gone.set_result(None)

    def _take(self, message):
        answer = self._waiting.pop(message.get("id"), None)
        if message.get("method") == "reservation/changed" and self.on_change:
            self.on_change(message["params"])
        elif answer and not answer.done():
            answer.set_exception(PortError(message["error"])) if "error" in message else answer.set_result(message["result"])


async def main():
    """What every example client shows, one line each."""
    told = asyncio.Queue()
    async with await Client.open(os.environ.get("PORTRESERVATION", "portreservation serve --stdio").split(), told.put_nowait) as ports:
        made = await ports.call("reservation/create", {"protocol": "tcp", "numberOfPorts": 2, "name": "demo"})
        taken = made["reservations"][0]["range"]
        print("reserved", taken["startPort"], flush=True)
        while not any(one.get("name") == "demo" for one in (await told.get())["added"]):
            pass
        print("told", taken["startPort"], flush=True)
        listed = await ports.call("reservation/list", {"name": "demo"})
        print("listed", len(listed["reservations"]), flush=True)
        try:
            await ports.call("reservation/create", {"protocol": "tcp", **taken})
        except PortError as error:
            print("refused", error.name, flush=True)
        await ports.call("reservation/release", {"protocol": "tcp", "range": taken})
        print("released", flush=True)
        if os.environ.get("STAY"):
            await ports.gone
            print("gone", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
