"""A client of PortReservation on Python's own asyncio: joins who serves, or starts a worker. Copy what is above main."""

import asyncio
import contextlib
import json
import os
from asyncio.subprocess import PIPE


class PortError(Exception):
    """What the service refused: `name` is of the catalogue, `hint` says what to do, `errors` which params are wrong."""

    def __init__(self, error):
        super().__init__(error["message"])
        data = error.get("data") or {}
        self.code, self.name, self.hint, self.errors = error["code"], data.get("name"), data.get("hint"), data.get("errors")


class WorkerGone(Exception):
    """Nobody serves any more: what was reserved is free."""


class Client:
    def __init__(self, reader, writer, watch):
        self._reader, self._writer, self._watch, self._waiting, self._last_id = reader, writer, watch, {}, 0
        self._reading = asyncio.create_task(self._read())

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, command=("portreservation", "serve", "--stdio"), watch=lambda change: None):
        """Watch is called with every change of the reservations, and with None when nobody serves any more."""
        process = None
        try:
            reader, writer = await asyncio.open_unix_connection(os.environ.get("PORT_RESERVATION_ADDRESS", ""))
        except OSError:  # nobody there
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
            reader, writer = process.stdout, process.stdin
        client = cls(reader, writer, watch)
        try:
            await client.call("initialize", {"protocolVersion": 1, "capabilities": {"reservationChanged": True}})
            yield client
        finally:
            writer.close()  # the end of input frees what is held
            await client._reading
            if process:
                await process.wait()

    async def call(self, method, params):
        if self._reading.done():
            raise WorkerGone
        self._last_id += 1
        answer = self._waiting[self._last_id] = asyncio.get_running_loop().create_future()
        body = json.dumps({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}).encode()
        self._writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        return await answer

    async def _read(self):
        try:
            while True:
                header = await self._reader.readuntil(b"\r\n\r\n")
                length = next(int(line[15:]) for line in header.split(b"\r\n") if line.lower().startswith(b"content-length:"))
                message = json.loads(await self._reader.readexactly(length))
                answer = self._waiting.pop(message.get("id"), None)
                if message.get("method") == "reservation/changed":
                    self._watch(message["params"])
                elif answer and not answer.cancelled():
                    answer.set_exception(PortError(message["error"])) if "error" in message else answer.set_result(message["result"])
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:  # calls under way would wait for ever
            for answer in self._waiting.values():
                answer.cancelled() or answer.set_exception(WorkerGone())
            self._watch(None)


async def main():
    told = asyncio.Queue()
    async with Client.open(watch=told.put_nowait) as ports:
        made = await ports.call("reservation/create", {"protocol": "tcp", "numberOfPorts": 2, "name": "démo"})
        taken = made["reservations"][0]["range"]
        print("reserved", taken["startPort"])
        while (change := await told.get()) and not any(one.get("name") == "démo" for one in change["added"]):
            pass
        print("told", taken["startPort"])
        listed = await ports.call("reservation/list", {"name": "démo"})
        print("listed", listed["reservations"][0]["range"]["startPort"])
        try:
            await ports.call("reservation/create", {"protocol": "tcp", **taken})
        except PortError as error:
            print("refused", error.name)
        await ports.call("reservation/release", {"protocol": "tcp", "range": taken})
        print("released")
        if os.environ.get("STAY"):
            while await told.get():
                pass
            print("gone")


if __name__ == "__main__":
    asyncio.run(main())
