"""Types lines into a shell at a terminal of its own and writes what the terminal showed.

type-into.py PROMPT RESULT LINES... -- SHELL ARGUMENTS...
The first line is typed at the prompt, each of the others at the first prompt after the result of the one before. At the
prompt after the last result the input ends.
"""
import fcntl
import os
import pty
import struct
import sys
import termios

prompt, result = (word.encode() for word in sys.argv[1:3])
middle = sys.argv.index("--")
keys = [line.encode() + b"\r" for line in sys.argv[3:middle]] + [b"\x04"]
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[middle + 1], sys.argv[middle + 1 :])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
said = b""
seen = 0
awaited = [prompt]
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    said += data
    # Terminals are asked what they are by some shells; this one is a VT100.
    if data.endswith(b"\x1b[c") or data.endswith(b"\x1b[0c"):
        os.write(terminal, b"\x1b[?1;2c")
    while keys and said.find(awaited[0], seen) >= 0:
        seen = said.find(awaited[0], seen) + len(awaited.pop(0))
        if not awaited:
            os.write(terminal, keys.pop(0))
            awaited = [result, prompt]
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(status))
