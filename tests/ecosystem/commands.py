"""Runs programs, and can end all that are running."""

import subprocess
import threading


class Stopped(Exception):
    """The run was interrupted; no further program is started, but for those that tidy up."""


class Failed(Exception):
    """A program that had to succeed did not."""


class Commands:
    def __init__(self):
        self.stopping = False
        self.running = set()
        self.lock = threading.Lock()

    def stop(self):
        with self.lock:
            self.stopping = True
            for process in self.running:
                process.terminate()

    def run(self, *words, timeout=None, tidying=False, binary=False):
        words = [str(word) for word in words]
        with self.lock:
            if self.stopping and not tidying:
                raise Stopped
            # A session of its own: Ctrl-C reaches this program alone, which then tidies up.
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                **({} if binary else {"text": True, "errors": "replace"}),
            )
            if not tidying:
                self.running.add(process)
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
        finally:
            with self.lock:
                self.running.discard(process)
        if self.stopping and not tidying:
            raise Stopped
        return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)

    def text_of(self, *words):
        return self.output_of(*words)

    def bytes_of(self, *words):
        return self.output_of(*words, binary=True)

    def output_of(self, *words, **options):
        done = self.run(*words, **options)
        if done.returncode != 0:
            said = done.stderr if isinstance(done.stderr, str) else done.stderr.decode(errors="replace")
            raise Failed(f"{' '.join(done.args)}: {said.strip()}")
        return done.stdout
