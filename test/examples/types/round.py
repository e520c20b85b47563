"""Reads documents into the generated types and writes them again: lines of a type, a tab and JSON."""

import json
import sys

import ports

for line in sys.stdin.buffer:
    kind, text = line.decode().split("\t")
    print(json.dumps(getattr(ports, kind).from_dict(json.loads(text)).to_dict()))
