"""The lab of docs/add-a-lab.md, and copies of the project that have it: no other file of the copy is touched."""
import re
import shutil

from pystudio.builder import NODE_MODULES, ROOT

DOCUMENT = (ROOT / "docs/add-a-lab.md").read_text(encoding="utf-8")
ONLY_FOR_PAGES = ("*.png", "*.jpg", "*.webp")


def written(language):
    """The first program in a language that the document shows."""
    return re.search(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)[1]


LAB = {"lab.toml": written("toml"), "element.js": written("js"), "style.css": written("css"), "handler.py": written("python"), "__init__.py": ""}


def project_with_the_lab(root, leave_out=ONLY_FOR_PAGES):
    """Copy the sources into `root`, without files of these names, and add the lab."""
    ignore = shutil.ignore_patterns("__pycache__", *leave_out)
    for folder in ("pystudio", "models", "site_src"):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignore)
    for file in ("build.py", "README.md", "LICENSE", "mkdocs.yml", "tsconfig.json", "pyproject.toml", "package.json", "package-lock.json", "requirements.lock", "assets.lock.json"):
        shutil.copy(ROOT / file, root)
    (root / "node_modules").symlink_to(NODE_MODULES, target_is_directory=True)
    folder = root / "pystudio/labs/toy_lab"
    folder.mkdir()
    for name, text in LAB.items():
        (folder / name).write_text(text, encoding="utf-8")
    return root
