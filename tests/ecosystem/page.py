"""The stored result and the page that is made from it."""

from statistics import median

# Packages are updated every day: so much of a size says nothing.
NOISE = 0.02

HEAD = """\
# Real applications, before and after

Public applications, each at the commit that is linked, built with its own Dockerfile and with what `harden` makes of
it, and run side by side. `tests/ecosystem/run` makes this page from `tests/ecosystem/result.json`; do not edit it.

*Write* is a request that stores something or has it worked on, and mostly one that reads it back. *Confined* is a run
with `--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges`. What both sides say is said once.

"""


def size_settled(new, stored):
    """The new size; the stored one where they differ by noise alone."""
    if new is None or stored is None:
        return new
    return stored if abs(new - stored) <= max(1, NOISE * stored) else new


def settled(new, stored):
    """The new result of an application with the stored one's sizes where the difference is noise."""
    for side in ("before", "after"):
        if new[side] and stored.get(side):
            new[side]["megabytes"] = size_settled(new[side]["megabytes"], stored[side]["megabytes"])
    return new


def differences(new, stored, at=""):
    """One line for each value that is not what it was."""
    if isinstance(new, dict) and isinstance(stored, dict):
        below = {key: f"{at}.{key}" if at else key for key in sorted(new.keys() | stored.keys())}
        return [line for key, path in below.items() for line in differences(new.get(key), stored.get(key), path)]
    return [] if new == stored else [f"{at}: {stored} -> {new}"]


def lost(before, after, page):
    """What worked before and does not any more."""
    rank = {"healthy": 2, None: 1}
    checks = {
        "build": after["built"],
        "status": not answers(before["status"]) or before["status"] == after["status"],
        "page": page != "differs",
        "write": before["write"] != "ok" or after["write"] == "ok",
        "health": rank.get(after["health"], 0) >= rank.get(before["health"], 0),
        "confined": not answers(before["confined_status"]) or before["confined_status"] == after["confined_status"],
        "confined write": before["confined_write"] != "ok" or after["confined_write"] == "ok",
    }
    return list(checks)[:1] if not after["built"] else [name for name, works in checks.items() if not works]


def answers(status):
    return isinstance(status, int)


def counts(result):
    return result["before"] is not None and result["after"] is not None


def page(results):
    counting = {name: result for name, result in results.items() if counts(result)}
    parts = [HEAD, summary(counting), "\n", table(counting), "\n", held(counting), left_out(results)]
    return "".join(parts)


def summary(results):
    split = [result for result in results.values() if "split_stages" in result["applied"]]
    compilers = [name for name, result in results.items() if result["after"]["compilers"]]
    failures = [name for name, result in results.items() if result["lost"]]
    lines = [f"{len(results)} applications; {len(failures) or 'none'} lost something."]
    if split:
        before, after = (median(result[side]["megabytes"] or 0 for result in split) for side in ("before", "after"))
        lines.append(f"{len(split)} were split: the median of their sizes went from {before:.0f} MB to {after:.0f} MB.")
    had = sum(bool(result["before"]["compilers"]) for result in results.values())
    lines.append(f"{had} images held a compiler before, {len(compilers)} do now.")
    return " ".join(lines) + "\n"


def table(results):
    head = ("application", "what it proves", "MB", "compiler", "user", "status", "write", "health", "confined", "lost")
    rows = [head, tuple("---" for _ in head)]
    rows += [row(name, results[name]) for name in sorted(results)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def row(name, result):
    before, after = result["before"], result["after"]

    def both(cell):
        first, second = cell(before), cell(after)
        return first if first == second else f"{first} → {second}"

    return (
        f"[{name}]({link(result)})",
        result["proves"],
        both(lambda seen: str(seen["megabytes"] or "–")),
        both(lambda seen: ", ".join(seen["compilers"]) or "–"),
        both(lambda seen: seen["user"] or "–"),
        both(lambda seen: str(seen["status"])),
        both(lambda seen: seen["write"] or "–"),
        both(lambda seen: seen["health"] or "–"),
        both(confined),
        f"**{', '.join(result['lost'])}**" if result["lost"] else "–",
    )


def confined(seen):
    write = f", write {seen['confined_write']}" if seen["confined_write"] else ""
    return f"{seen['confined_status']}{write}"


def link(result):
    return f"https://github.com/{result['repository']}/blob/{result['commit']}/{result['dockerfile']}"


def held(results):
    lines = ["## What is held, and why\n\n"]
    for name in sorted(results):
        reasons = results[name]["held"]
        if reasons:
            lines.append(f"**{name}**\n\n")
            lines += [f"- {reason['transform']}{place(reason)}: {reason['reason']}\n" for reason in reasons]
            lines.append("\n")
    return "".join(lines)


def place(reason):
    return f", line {reason['line']}" if reason["line"] else ""


def left_out(results):
    why = [f"- {name}: {result['why']}\n" for name, result in sorted(results.items()) if not counts(result)]
    return "".join(["## What does not count\n\n", *why]) if why else ""
