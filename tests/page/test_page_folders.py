"""The folders of the page's scripts: which may import which, and that the map in site_src/studio/README.md names them all."""
import posixpath
import re

import pytest

from pystudio.builder import LABS, ROOT, STUDIO

MAP = (STUDIO / "README.md").read_text(encoding="utf-8")
FLOORS = re.findall(r"^\| `(\w+)/` \|", MAP, flags=re.M)  # lowest first
SCRIPTS = sorted(path for folder in (STUDIO, LABS) for ending in ("js", "mjs", "ts") for path in folder.rglob(f"*.{ending}"))
MOST = 30  # files in a folder: more cannot be taken in at a glance


def imports(path):
    """What a script imports, as (written, path of the file under `studio/` or `labs/`)."""
    place = f"studio/{path.relative_to(STUDIO).as_posix()}" if path.is_relative_to(STUDIO) else f"labs/{path.relative_to(LABS).as_posix()}"
    for written in re.findall(r"""(?:\bfrom|\bimport)\s*\(?["']([^"'\n]+)["']""", path.read_text(encoding="utf-8")):
        if written.startswith("."):
            yield written, posixpath.normpath(posixpath.join(posixpath.dirname(place), written))
        elif written.startswith(("studio/", "labs/")):
            yield written, written


def test_the_map_names_every_folder_and_none_that_is_not_there():
    assert sorted(FLOORS) == sorted(path.name for path in STUDIO.iterdir() if path.is_dir())


def test_no_folder_is_crowded():
    for folder in [STUDIO, *(path for root in (STUDIO, LABS) for path in root.iterdir() if path.is_dir())]:
        assert sum(path.is_file() for path in folder.iterdir()) <= MOST, folder.relative_to(ROOT)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_script_imports_from_its_own_folder_and_those_below(path):
    home = path.parent.name
    for written, target in imports(path):
        root, folder, *rest = target.split("/")
        if path.is_relative_to(LABS):
            assert root == "studio" or folder == home, f"{written} belongs to another lab"
        elif path.parent != STUDIO:
            assert root == "studio" and rest, f"{written} lies above every folder"
            assert FLOORS.index(folder) <= FLOORS.index(home), f"{written} lies above {home}/"
        assert written.startswith(".") == (path.parent != STUDIO and folder == home), f"{written}: `./` within a folder, the alias for all others"
