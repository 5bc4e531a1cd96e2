"""`build.py serve`: the site on this machine, built again and reloaded in the browser when a source changes."""
from __future__ import annotations

import errno
import logging
import mimetypes
import os
import re
import socket
import subprocess
import sys

from mkdocs.livereload import LiveReloadServer

from .. import BUILD, COMMAND, ROOT, SOURCES, BuildError, log
from . import hosted

FOLDER = BUILD / "serve"  # not build/site: these pages have a laxer policy
WATCHED = (SOURCES, ROOT / "pystudio", ROOT / "models", ROOT / "networks", ROOT / "mkdocs.yml", ROOT / "pyproject.toml")


class Server(LiveReloadServer):
    """MkDocs' server, which watches files and reloads browsers; it says its address when it listens."""

    def server_activate(self) -> None:
        super().server_activate()
        log(f"\nServing {self.url} (stop with Ctrl+C). Pages, scripts and pystudio are watched.")


def serve(host: str, port: int) -> None:
    """Build, then serve until interrupted. Raises BuildError when the port is taken or the address is not ours."""
    port = _free(host, port)
    for kind, ending in (("text/javascript", ".mjs"), ("application/wasm", ".wasm"), ("application/octet-stream", ".onnx")):
        mimetypes.add_type(kind, ending)  # some systems' registries know these as something else
    hosted.build(FOLDER, live=True)
    server = Server(builder=rebuild, host=host, port=port, root=str(FOLDER))
    server.error_handler = lambda code: (FOLDER / "404.html").read_bytes() if code == 404 else None
    for path in filter(os.path.exists, WATCHED):
        server.watch(str(path))
    logging.getLogger("mkdocs.livereload").setLevel(logging.ERROR)
    try:
        server.serve()
    except KeyboardInterrupt:
        log("Stopped.")
    finally:
        server.shutdown()


def rebuild() -> None:
    """Build again, in a new process: what this one has imported may be what has changed. After a mistake the last good site stays.

    It returns in either case: after an error MkDocs' server would keep every page waiting until a build succeeds.
    """
    # no bytecode: it would be a change in a watched folder; a session of its own: Ctrl+C is for the server
    done = subprocess.run([sys.executable, "-m", __name__], cwd=ROOT, start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"})
    if done.returncode:
        print("The last good site is still being served.", file=sys.stderr, flush=True)


def while_serving(remedy: str) -> str:
    """A remedy in the words that are true while the site is served: a change that is saved builds it again, and nothing has to be run.

    Examples
    --------
    >>> while_serving("Mend them and run the same command again.")
    'Mend them and save: that builds the site again.'
    """
    return re.sub(r"\b(Mend \w+) and run the same command again", r"\1 and save: that builds the site again", remedy)


def _build_again() -> None:
    """What `rebuild` runs."""
    try:
        hosted.build(FOLDER, live=True)
    except BuildError as error:
        raise BuildError(error.message, while_serving(error.remedy)) from error


def _free(host: str, port: int) -> int:
    """The port, checked to be free before minutes of building; a free one for 0."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            raise BuildError(f"{host} is not an address of this machine.", "Leave --host out to serve on this machine only.") from None
        except OverflowError:
            raise BuildError(f"{port} is not a port.", "Give a number from 0 to 65535.") from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise BuildError(f"Port {port} is in use by another program.", f"Stop that program, or choose another: {COMMAND} serve --port {port + 1}") from None
            raise BuildError(f"Cannot listen on {host}:{port} ({error.strerror}).", "Choose another --port or --host.") from None
        return probe.getsockname()[1]


if __name__ == "__main__":
    from .. import commands

    sys.exit(commands.run_command("Building again", _build_again))
