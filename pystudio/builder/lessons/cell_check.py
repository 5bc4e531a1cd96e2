"""Whether the cells of a page run: all of them in order, as a reader would run them, in a process of their own with a time limit.

What lives here: the process (`python -m pystudio.builder.lessons.cell_check`), and the asking of it. What does not: finding cells in pages (`check`), and
what a cell may use, which the lab's handler gives it (`pystudio.labs.cell.handler`).
"""
from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

from ...session.host import Host
from .. import ROOT

LIMIT = 120
"""Seconds for all cells of a page, the start of Python and a network's answer among them."""


def failures(sources: list[str], photo: Path, network: str, limit: float | None = None) -> list[dict[str, Any] | None]:
    """Run the cells of a page.

    Parameters
    ----------
    sources : list of str
        Their programs, in the order of the page.
    photo : Path
        The file of the photo that the page shows.
    network : str
        The network that the page asks.
    limit : float, optional
        Seconds for all of them; `LIMIT` when it is left out.

    Returns
    -------
    list of dict or None
        For each cell None, or ``{"line", "message", "hint"}``: what stopped it.
    """
    limit = LIMIT if limit is None else limit
    request = json.dumps({"sources": sources, "photo": str(photo), "network": network})
    try:
        done = subprocess.run([sys.executable, "-m", "pystudio.builder.lessons.cell_check"], input=request.encode(), capture_output=True, timeout=limit, cwd=ROOT, check=False)
        output, left = done.stdout, f"Python itself stopped: {(done.stderr.decode(errors='replace').strip().splitlines() or ['without a word'])[-1]}"
    except subprocess.TimeoutExpired as late:
        output, left = late.stdout or b"", f"This cell does not come to an end: the cells of the page ran for {limit:g} seconds."
    found = [json.loads(line) for line in output.decode().splitlines() if line.endswith("}") or line == "null"]
    if len(found) == len(sources):
        return found
    return [*found, {"line": None, "message": left, "hint": "Let it do less."}, *[None] * (len(sources) - len(found) - 1)]


# --- inside the process


class _Waiting(Host):
    """As a browser that can wait: `segment(photo)` in a cell needs no `await`."""

    can_wait = True

    def wait(self, answer: Awaitable[Any]) -> Any:
        steps = answer.__await__()
        while True:
            try:
                next(steps)  # nothing here waits for anything outside: each step only gives others a turn
            except StopIteration as done:
                return done.value


async def _infer(network: Any, tensor: Any) -> Any:
    from pystudio.networks.network import _session_for

    (output,) = _session_for(network, None).run([network.output_name], {network.input_name: tensor})
    return output


async def _run(sources: list[str], photo: str, network: str) -> Iterator[dict[str, Any] | None]:
    """What stopped each cell, told as soon as it has run."""
    import numpy as np

    from pystudio.errors import StudioError
    from pystudio.image import load
    from pystudio.session.session import Session

    session = Session(_infer, host=_Waiting)
    pixels = load(photo)
    session.open_photo(*pixels.shape[:2], np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]).tobytes())
    run = session.method("cell.run")
    for number, source in enumerate(sources, 1):
        try:
            failure = (await run(key=str(number), title=f"cell {number}", source=source, network=network, label=1))["error"]
        except StudioError as error:  # what a cell may use could not be had
            failure = {"line": None, "message": error.message, "hint": error.remedy}
        yield failure and {key: failure[key] for key in ("line", "message", "hint")}


async def _answer(out: Any) -> None:
    async for failure in _run(**json.load(sys.stdin)):
        print(json.dumps(failure), file=out, flush=True)


if __name__ == "__main__":
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a cell manages to print past its output stream is no answer
    asyncio.run(_answer(answers))
