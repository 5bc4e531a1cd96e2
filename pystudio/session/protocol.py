"""The protocol between page and studio: every call, what it takes, what it answers. No behaviour lives here.

A page sends ``{id, call, arguments, stoppable}`` and gets back one of ::

    {id, reply}                               the answer, typed below
    {id, error: {kind, message, remedy}}      one sentence for the person, and what to do about it
    {id, progress: {step, done, total}}       any number of times before either of them

and may send ``{cancel: id}`` at any moment: the call then ends with an error of kind ``cancelled``, as soon as it waits
for something.  One that was sent as `stoppable` may also be interrupted while it computes.  Unasked, the engine sends
``{event: ...}``: while it boots, when it is ready, what a cell shows while it runs, and once if it dies.  All messages
are typed in `pystudio.session.envelope`.

Kinds of error: ``input`` (the visitor can put it right), ``cancelled``, ``memory`` (the engine must be restarted),
``engine`` (it stopped, or a file of the site did not arrive), ``internal`` (our mistake).

Coordinates are (row, column) in image pixels: pixel (0, 0) has its centre at (0.0, 0.0).  Arrays travel flat, in
row-major order; their buffers are transferred, not copied.

A call ``<lab>.<method>`` is typed in the handler of the lab (`pystudio.session.labs`), the session's own calls in `pystudio.session.session_calls`, and
what they share in `pystudio.session.wire_types`.  The TypeScript face of all these types, which checks the page's JavaScript, is printed by
``python -m pystudio.session.protocol`` and written by ``build.py labs`` into ``site_src/studio/types/protocol.d.ts``.
"""
from __future__ import annotations

from ..errors import StudioError
from . import envelope, labs, session_calls
from .typescript import declarations
from .validation import fit

__all__ = ["calls", "checked", "typescript"]


def calls() -> dict[str, tuple[type, type]]:
    """Every call of the session and of all labs: name to (type of the arguments, type of the reply)."""
    return session_calls.CALLS | {call: kinds for lab in sorted(labs.LABS) for call, kinds in labs.handler_module(lab).CALLS.items()}


def checked(call: str, arguments: object) -> dict:
    """Check the arguments of a call against its type.

    Parameters
    ----------
    call : str
        A key of `calls()`.
    arguments : object
        What the page sent, already turned into Python objects.

    Returns
    -------
    dict
        The same arguments; numbers that stand for whole numbers are ``int``.

    Raises
    ------
    StudioError
        If the call is unknown, or an argument is missing, superfluous or of another type.
    """
    lab = labs.lab_of(call)
    kinds = (labs.handler_module(lab).CALLS if lab else session_calls.CALLS).get(call)
    if kinds is None:
        raise StudioError(f"The studio has no call named {call!r}.", "Reload the page: it and the studio may be of different versions.")
    return fit(arguments, kinds[0], call)


def typescript() -> str:
    """Return `calls()` as a TypeScript declaration file.

    Examples
    --------
    >>> "export type GrowRun = {" in typescript()
    True
    """
    head = "// Printed by `python -m pystudio.session.protocol`; what a type means stands where Python declares it."
    imports = 'import type { Start } from "./shared";'
    return f"{head}\n{imports}\n\n{declarations(calls(), {name: getattr(envelope, name) for name in envelope.__all__})}"


if __name__ == "__main__":
    print(typescript(), end="")
