"""Reads one JSON string a line, answers with one JSON line: what BuildKit's own parser makes of that Dockerfile."""

import json
import sys

import dockerfile


def read(text):
    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError as error:
        return {"rejected": str(error)}
    except UnicodeDecodeError:
        return {"torn": None}
    return {"commands": [command(c) for c in commands]}


def command(c):
    return {
        "keyword": (c.cmd or "").upper(),
        "onbuild": c.sub_cmd and c.sub_cmd.upper(),
        "json": c.json,
        "original": c.original or "",
        "lines": [c.start_line, c.end_line],
        "flags": c.flags,
        "words": c.value,
        "heredocs": [{"name": h.name, "fd": h.file_descriptor, "content": h.content} for h in c.heredocs],
    }


for line in sys.stdin:
    print(json.dumps(read(json.loads(line))), flush=True)
