"""A lab is one folder: that of docs/add-a-lab.md, put into a copy of the project, is a block, a part of the site and a handler, with no other file touched."""

import json
import subprocess
import sys

import pytest

from pystudio.builder import NODE_MODULES, node
from tests.toy_lab import LAB, project_with_the_lab


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return project_with_the_lab(tmp_path_factory.mktemp("toy") / "project")


def run(project, program):
    """What a program prints as JSON, run by the copy's own modules."""
    done = subprocess.run([sys.executable, "-c", f"import json\n{program}"], cwd=project, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_its_block_becomes_its_element_and_its_options_are_checked(project):
    html, mistake, listed = run(project, """
import markdown
from pystudio.builder.lessons.options import mistakes
from pystudio.builder.lessons.vocabulary import vocabulary
page = markdown.Markdown(extensions=["pystudio.builder.lessons.extension"])
print(json.dumps([page.convert("```toy-lab\\ntitle: Toy\\n```"), str(mistakes("toy-lab", "titel: Toy\\nstart: 10")), "toy-lab" in vocabulary("fence")]))
""")
    assert html.startswith('<studio-toy-lab class="ps" data-state="loading" data-title="Toy" data-start="2">')
    assert "Here a number is doubled." in html
    assert "Did you mean title?" in mistake and "from 1 to 9" in mistake
    assert listed


def test_its_script_and_style_are_part_of_the_sites(project, tmp_path):
    script, studio, style = run(project, f"""
from pathlib import Path
from pystudio.builder.site import bundle, entry
from pystudio.builder.output_tree import OutputTree
parts, tree = Path({str(tmp_path)!r}), OutputTree()
labs, shared = bundle._labs(tree, parts, True)
script = tree.bytes(labs["studio-toy-lab"][-1]).decode()
studio = bundle._script({{}}, entry.write_studio(parts, shared), parts, True).decode()
css = bundle._style(entry.write_styles(parts), parts, True).decode()
print(json.dumps([script, studio, css]))
""")
    assert 'tag:"studio-toy-lab"' in script and "Double it" in script and '{type:"number",default:2,low:1,high:9}' in script
    assert '"studio-toy-lab"' in studio and "Double it" not in studio  # it knows that the engine starts for it, and no more
    assert ".ps>.ps-skeleton-toy-lab{block-size:240px}" in style
    assert style.index("ps-skeleton-toy-lab") < style.index("--studio-complete")


def test_what_it_needs_without_a_connection_is_known(project):
    assert run(project, """
from pystudio.builder.output_tree import OutputTree
from pystudio.builder.site import offline
tree = OutputTree({"toy.html": b"<!doctype html><html><head></head><body><studio-toy-lab></studio-toy-lab></body></html>"})
print(json.dumps(offline.pages(tree)))
""") == {"toy.html": ["engine", "spare", "networks", "photos", "saving"]}


def test_the_command_writes_its_types_and_its_rows_and_its_script_keeps_to_the_types(project):
    files = run(project, "from pystudio.builder.lessons import lab_files\nprint(json.dumps([lab_files.write(), lab_files.write()]))")
    assert files == [["pystudio/labs/toy_lab/options.d.ts", "site_src/studio/types/protocol.d.ts", "README.md", "site_src/teach-fences.md"], []]
    assert "| `toy-lab` | A number is doubled. |" in (project / "README.md").read_text(encoding="utf-8")
    tsc = [node.tools()[0], str(NODE_MODULES / "typescript/bin/tsc"), "--project", str(project / "tsconfig.json")]
    assert subprocess.run(tsc, capture_output=True, text=True, timeout=300).stdout == ""
    element = project / "pystudio/labs/toy_lab/element.js"
    element.write_text(LAB["element.js"].replace("options.start", "options.strat"), encoding="utf-8")
    assert "strat" in subprocess.run(tsc, capture_output=True, text=True, timeout=300).stdout
    element.write_text(LAB["element.js"], encoding="utf-8")


def test_its_handler_answers_its_calls(project):
    assert run(project, """
from pystudio.session import labs
module = labs.handler_module(labs.lab_of("toy_lab.double"))
print(json.dumps([sorted(module.CALLS), module.Handler(None).double(21)]))
""") == [["toy_lab.double"], {"value": 42}]
