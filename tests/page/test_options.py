"""An element's options, in Node: what the page reads from the attributes is what Python has read from the block, with the type that lab.toml declares."""
import json
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pystudio.builder import STUDIO, node
from pystudio.builder.lessons.extension import render
from pystudio.builder.lessons.fences import FENCES
from pystudio.builder.lessons.labs import labs
from pystudio.builder.lessons.options import parse
from pystudio.builder.site.entry import page_schema

ASK = """
import { createInterface } from "node:readline";
import { isOption, readOptions } from "./options.js";
for await (const line of createInterface({ input: process.stdin })) {
  const { attributes, schema, value } = JSON.parse(line);
  const element = { localName: "studio-x", getAttribute: (name) => attributes[name] ?? null };
  let answer;
  try { answer = value === undefined ? readOptions(element, schema) : isOption(schema.it)(value); } catch (error) { answer = `${error.name}: ${error.message}`; }
  console.log(JSON.stringify(answer));
}
"""
LABS = [lab.fence.name for lab in labs() if lab.starts_engine and lab.fence.name in FENCES]


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """One Node process that reads options as the page does."""
    folder = tmp_path_factory.mktemp("options")
    shutil.copy(STUDIO / "ui/options.js", folder)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "ask.js").write_text(ASK, encoding="utf-8")
    with subprocess.Popen([node.tools()[0], folder / "ask.js"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        def answer(**question):
            child.stdin.write(json.dumps(question) + "\n")
            child.stdin.flush()
            return json.loads(child.stdout.readline())
        yield answer
        child.stdin.close()


class First(HTMLParser):
    """The attributes of the first tag of a text."""

    def __init__(self, text):
        super().__init__()
        self.attributes = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.attributes = self.attributes or dict(attributes)


@pytest.mark.parametrize("fence", LABS)
def test_the_page_reads_the_defaults_of_every_lab_from_its_attributes_and_without_any(ask, fence):
    expected = parse(fence, "")
    schema = page_schema(FENCES[fence])
    assert ask(attributes=First(render(fence, "")).attributes, schema=schema) == expected
    assert ask(attributes={}, schema=schema) == expected, "an element made by a script"


OPTIONS = st.fixed_dictionaries({}, optional={
    "title": st.text(min_size=1).filter(str.strip), "height": st.integers(120, 2000), "tolerance": st.floats(0, 442) | st.integers(0, 442),
    "neighbours": st.sampled_from([4, 8]), "reference": st.sampled_from(["seed", "mean"]), "watch": st.booleans(),
    "seed": st.lists(st.integers(0, 4095), min_size=2, max_size=2),
})


@settings(deadline=None)  # the machine may be busy
@given(OPTIONS)
def test_the_page_reads_what_the_author_wrote(ask, options):
    body = yaml.safe_dump(options) if options else ""
    assert ask(attributes=First(render("grow", body)).attributes, schema=page_schema(FENCES["grow"])) == parse("grow", body)


@pytest.mark.parametrize(("type", "text"), [
    ("number", "wide"), ("number", ""), ("number", "Infinity"), ("boolean", "yes"), ("list", "otsu"), ("list", '{"a": 1}'), ("list", "[1"),
])
def test_a_value_of_another_type_is_an_error_that_names_it(ask, type, text):
    answer = ask(attributes={"data-it": text}, schema={"it": {"type": type}})
    assert answer.startswith(("TypeError", "SyntaxError"))
    assert f'<studio-x data-it="{text}">' in answer or answer.startswith("SyntaxError")


@pytest.mark.parametrize(("option", "right", "wrong"), [
    ({"type": "number", "low": 0, "high": 1}, [0, 0.5, 1], [-0.1, 1.1, "0.5", None, []]),
    ({"type": "string", "allowed": ["mask", "photo"]}, ["mask"], ["masks", 0, None]),
    ({"type": "number", "allowed": [4, 8]}, [4, 8], [6, "4"]),
    ({"type": "boolean"}, [True, False], [0, "true", None]),
])
def test_a_remembered_choice_is_held_to_the_same_values(ask, option, right, wrong):
    assert [ask(schema={"it": option}, value=value) for value in right] == [True] * len(right)
    assert [ask(schema={"it": option}, value=value) for value in wrong] == [False] * len(wrong)
