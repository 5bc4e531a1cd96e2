"""README, CONTRIBUTING, CHANGELOG, docs/ and the map of the page name what is there: links, paths, commands, modules, and the stations of docs/architecture.md."""
import importlib.util
import pkgutil
import re
import runpy

import pytest
import yaml

import pystudio
from pystudio.builder import ROOT

PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "site_src/studio/README.md")), *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = ("pystudio", "models", "site_src", "tests", "docs", ".github", ".ci")
WORKFLOW = ROOT / ".github/workflows/test.yml"
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())


def text_of(page):
    return page.read_text(encoding="utf-8")


def in_backticks(text):
    """What stands in backticks outside of blocks of code."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^ *(`{3,}).*?^ *\1`*$", "", text, flags=re.S | re.M))


def paths(text):
    """Paths of the repository in backticks; `<name>` and `*` stand for anything."""
    for words in in_backticks(text):
        word = re.sub(r"<\w+>", "*", words)
        if re.fullmatch(r"[\w./*-]+", word) and word.split("/")[0] in FOLDERS and "/" in word:
            yield word


def heading_anchors(text):
    """Anchors of headings, as GitHub makes them."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text, re.M)}


@each_page
def test_links_within_the_repository_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in heading_anchors(text_of(linked)), target


@each_page
def test_paths_exist(page):
    if page.name != "CHANGELOG.md":  # tells of paths that were
        assert [path for path in paths(text_of(page)) if not list(ROOT.glob(path.rstrip("/")))] == []


@each_page
def test_commands_exist(page):
    text = text_of(page)
    commands = runpy.run_path(str(ROOT / "build.py"), run_name="build_py")["COMMANDS"]
    assert set(re.findall(r"build\.py ([a-z][\w-]*)", text)) <= set(commands)
    for module in set(re.findall(r"python -m ((?:pystudio|models|tests)[\w.]*)", text)):
        assert importlib.util.find_spec(module), module


@each_page
def test_names_of_the_library_can_be_imported(page):
    for name in in_backticks(text_of(page)):
        if re.fullmatch(r"pystudio\.browser(\.\w+)?", name):
            assert importlib.util.find_spec(name), name  # imported in a browser alone
        elif re.fullmatch(r"pystudio(\.\w+)+", name):
            pkgutil.resolve_name(name)


STATIONS = re.findall(r"^\| (\d+) \| `([^`]+)` \| ((?:`[^`]+`(?:, )?)+) \|", text_of(ROOT / "docs/architecture.md"), re.M)


@pytest.mark.parametrize(("number", "path", "names"), STATIONS, ids=[f"{path.rpartition('/')[2]}-{number}" for number, path, _ in STATIONS])
def test_a_station_of_the_architecture_has_its_functions(number, path, names):
    source = text_of(ROOT / path)
    for name in re.findall(r"`([^`]+)`", names):
        assert re.search(rf"(?<![\w#]){re.escape(name)}\b", source), f"{path} has no {name}"


def test_the_architecture_has_three_ways():
    assert [number for number, _, _ in STATIONS].count("1") == 3


def test_every_page_of_the_docs_is_on_the_map():
    linked = set(re.findall(r"\]\((docs/[\w-]+\.md)", text_of(ROOT / "CONTRIBUTING.md")))
    assert linked == {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").glob("*.md")}


def test_the_readme_is_what_a_newcomer_reads():
    text = text_of(ROOT / "README.md")
    assert len([line for line in text.splitlines() if not line.startswith("|")]) <= 75, "tables grow with the labs, the rest goes to docs/"
    assert "CONTRIBUTING.md" in text and "docs/architecture.md" in text


def test_the_newest_release_of_the_changelog_is_this_version():
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", text_of(ROOT / "CHANGELOG.md"), re.M)
    assert versions[0] == pystudio.__version__
    assert versions == sorted(versions, key=lambda version: [int(part) for part in version.split(".")], reverse=True)


def test_the_workflow_for_tests_runs_commands_that_exist_and_pins_its_actions():
    text = text_of(WORKFLOW)
    jobs = yaml.safe_load(text)["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"]]
    commands = runpy.run_path(str(ROOT / "build.py"), run_name="build_py")["COMMANDS"]
    run = "\n".join(step["run"] for step in steps if "run" in step)
    assert set(jobs) == {"quick", "browsers"} and yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert {"check"} <= set(re.findall(r"build\.py ([a-z][\w-]*)", run)) <= set(commands)
    assert "bash .ci/run" in run and (ROOT / ".ci/run").exists()
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+\.\d+\.\d+", step["uses"]) for step in steps if "uses" in step)
    for pattern in re.findall(r"(?:tests|pystudio|models)/[\w./*-]*", run):
        assert list(ROOT.glob(pattern)), pattern
    named = re.findall(r"hashFiles\(([^)]*)\)", text)
    assert named and all(list(ROOT.glob(pattern)) for pattern in re.findall(r"'([^']+)'", ",".join(named)))
