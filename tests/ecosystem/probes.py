"""Asks a running application for its page, and writes through it in the steps that the list gives."""

import hashlib
import http.client
import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

SECONDS = 15
NETWORK_ERRORS = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def text(self):
        return self.body.decode(errors="replace")

    @property
    def digest(self):
        return hashlib.sha256(self.body).hexdigest()


class KeepRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(url):
    """The page itself, not where it leads; None where nobody answers."""
    try:
        return opened(browser(KeepRedirect), urllib.request.Request(url))
    except NETWORK_ERRORS:
        return None


def write(base, steps):
    """None where every step did what it should; else what went wrong."""
    client, taken = browser(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())), {}
    for step in steps:
        step = filled(step, taken)
        try:
            answer = opened(client, request(base, step))
        except NETWORK_ERRORS as error:
            return f"{step['request']}: {error}"
        if wrong := complaint(step, answer):
            return f"{step['request']}: {wrong}: {answer.status} {answer.text[:200]}"
        for name, pattern in step.get("take", {}).items():
            found = re.search(pattern, answer.text)
            if not found:
                return f"{step['request']}: nothing like {pattern}: {answer.status} {answer.text[:200]}"
            taken[name] = found[1]
    return None


def browser(*handlers):
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)


def opened(client, asked):
    try:
        with client.open(asked, timeout=SECONDS) as answer:
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read())


def request(base, step):
    method, path = step["request"].split(" ", 1)
    headers = dict(step.get("headers", {}))
    data = None
    if "json" in step:
        data, kind = json.dumps(step["json"]).encode(), "application/json"
    elif "form" in step:
        data, kind = urllib.parse.urlencode(step["form"]).encode(), "application/x-www-form-urlencoded"
    elif "text" in step:
        data, kind = step["text"].encode(), "text/plain"
    if data is not None:
        headers.setdefault("Content-Type", kind)
    return urllib.request.Request(base + path, data=data, headers=headers, method=method)


def complaint(step, answer):
    if "status" in step and answer.status != step["status"]:
        return f"not {step['status']}"
    if "status" not in step and answer.status >= 400:
        return "refused"
    if "contains" in step and step["contains"] not in answer.text:
        return f"nothing of {step['contains']!r}"
    return None


def filled(value, taken):
    """`{name}` in any text becomes what an earlier step took."""
    if isinstance(value, dict):
        return {key: filled(inner, taken) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, taken) for inner in value]
    if isinstance(value, str):
        for name, text in taken.items():
            value = value.replace("{" + name + "}", text)
    return value
