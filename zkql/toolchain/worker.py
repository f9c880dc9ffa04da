"""Processes that do jobs, one after the other. In: a command, jobs. Out: their answers.

A job is a file of JSON, whose name and ``id`` are a line on the process's standard input: a line that fits a
pipe, so that nothing waits for a process that does not read. An answer is a line on its standard output: what
the job says, the id, and whether the process ends (``last``). Idle processes are kept for the next job.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import subprocess
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Ended(Exception):
    """A process ended without an answer: its exit code, and its last lines on standard error."""

    code: int
    said: tuple[str, ...]


class Workers:
    """The processes of one command; as many as there are jobs at a time."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._command = tuple(map(str, command))
        self._forget()
        if hasattr(os, "register_at_fork"):  # a child must not talk to its parent's processes
            os.register_at_fork(after_in_child=self._forget)
        atexit.register(self._stop)

    def _forget(self) -> None:
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()

    def _stop(self) -> None:
        for worker in self._idle:
            worker.stop()

    def do(self, job: dict[str, Any], timeout: float) -> dict[str, Any]:
        """The answer to a job. Raises :class:`TimeoutError` after ``timeout`` seconds, and :class:`Ended`."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        if worker is not None:
            try:
                return self._done(worker, job, timeout)
            except Ended:
                pass  # it was idle for too long, or had become too large: a new one may succeed
        return self._done(_Worker(self._command), job, timeout)

    def _done(self, worker: _Worker, job: dict[str, Any], timeout: float) -> dict[str, Any]:
        answer: dict[str, Any] = {"last": True}
        try:
            answer = worker.do(job, timeout)
        finally:
            if answer["last"]:
                worker.stop()
            else:
                with self._lock:
                    self._idle.append(worker)
        return answer


class _Worker:
    """One process."""

    def __init__(self, command: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # stop() closes it
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "NODE_NO_WARNINGS": "1"},
        )
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._jobs = 0

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)

    def do(self, job: dict[str, Any], timeout: float) -> dict[str, Any]:
        """The answer to a job."""
        until = monotonic() + timeout
        with tempfile.TemporaryDirectory(prefix="zkql-") as scratch:
            file = Path(scratch) / "job.json"
            file.write_text(json.dumps(job))
            return self._answered(file, until)

    def _answered(self, file: Path, until: float) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._jobs += 1
        try:
            self._process.stdin.write(json.dumps({"id": self._jobs, "file": str(file)}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:  # it has ended
            raise self._ended(until) from None
        while True:
            try:
                line = self._lines.get(timeout=max(until - monotonic(), 0))
            except queue.Empty:
                raise TimeoutError from None
            if line is None:
                raise self._ended(until)
            answer = _answer(line)
            if answer is not None and answer.get("id") == self._jobs:
                return answer

    def _ended(self, until: float) -> Ended:
        try:
            code = self._process.wait(max(until - monotonic(), 0))
        except subprocess.TimeoutExpired:  # it goes on, and has closed its output
            raise TimeoutError from None
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return Ended(code, tuple(said[-3:]))

    def stop(self) -> None:
        """End the process now."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._errors):
            assert stream is not None
            with suppress(OSError):  # what was not written yet is of no use
                stream.close()


def _answer(line: bytes) -> dict[str, Any] | None:
    """A line that is an answer; None for other output, which libraries write."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    is_answer = isinstance(found, dict) and found.keys() & {"ok", "error"} and "last" in found
    return found if is_answer else None
