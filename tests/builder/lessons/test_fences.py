"""The lesson fences: what their options mean, how mistakes are told, and the HTML they become."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import markdown
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pystudio.segment.classic import METHODS
from pystudio.builder import ROOT
from pystudio.builder.lessons import vocabulary
from pystudio.builder.lessons.extension import render
from pystudio.builder.lessons.fence_html import options_html
from pystudio.builder.lessons.options import parse
from pystudio.builder.lessons.fences import FENCES
from pystudio.builder.lessons.labs import labs
from pystudio.builder.lessons.schema import FenceError, example

ELEMENTS = [lab.fence.name for lab in labs() if lab.starts_engine and lab.fence.name in FENCES]


@pytest.fixture(scope="module")
def page():
    """Markdown with our fences, as mkdocs.yml sets it up."""
    return markdown.Markdown(extensions=["admonition", "attr_list", "pystudio.builder.lessons.extension"])


class Elements(HTMLParser):
    """The open tags of a text, each with its attributes and the tags around it."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), tuple(self.open)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open.pop() != tag:  # <img> and <br> have no end
            pass


def mistake(fence, body):
    with pytest.raises(FenceError) as caught:
        parse(fence, body)
    assert caught.value.remedy.endswith((".", "?"))
    assert caught.value.message.endswith(".")
    return caught.value


# --- what is accepted


@pytest.mark.parametrize("fence", ELEMENTS)
@pytest.mark.parametrize("body", ["", "\n\n", "# only a remark", "---"])
def test_an_empty_block_gets_the_defaults(fence, body):
    expected = {option.name: option.default for option in FENCES[fence].options if option.default is not None}
    assert parse(fence, body) == expected


def test_given_options_replace_defaults():
    options = parse("grow", "photo: cows\ntolerance: 12.5\nreference: mean\nneighbours: 8\nseed: [120, 200]\nwatch: no")
    assert options == {
        "photo": "cows",
        "network": "deeplab_s16",
        "tolerance": 12.5,
        "reference": "mean",
        "neighbours": 8,
        "seed": [120, 200],
        "watch": False,
    }


@pytest.mark.parametrize("fence", ELEMENTS)
def test_every_default_and_example_is_itself_valid(fence):
    for option in FENCES[fence].options:
        value = yaml.safe_load(f"{option.name}: {example(option)}")[option.name]
        assert parse(fence, yaml.safe_dump({option.name: value}))[option.name] == value
        if option.default is not None:
            assert value == option.default


def test_photos_networks_and_classes_are_those_of_the_project():
    root = Path(ROOT)
    assert set(vocabulary.vocabulary("photo")) == {entry["name"] for entry in json.loads((root / "site_src/photos/credits.json").read_text(encoding="utf-8"))}
    assert {"deeplab", "deeplab_s16"} <= set(vocabulary.vocabulary("network"))
    assert len(vocabulary.vocabulary("label")) == 21 and "cat" in vocabulary.vocabulary("label")
    assert vocabulary.vocabulary("method") == tuple(METHODS)


# --- mistakes


@pytest.mark.parametrize(
    ("fence", "body", "line", "message", "remedy"),
    [
        ("segment", "photo: kitten\n\nveiw: mask", 3, "segment has no option `veiw`", "Did you mean view?"),
        ("segment", "photo: kittn", 1, 'no bundled photo called "kittn"', "Did you mean kitten?"),
        ("segment", "network: deeplab_16", 1, 'no network called "deeplab_16"', "Did you mean deeplab_s16?"),
        ("paint", "label: Cat", 1, 'no class called "Cat"', "Did you mean cat?"),
        ("segment", "view: masks", 1, '`view` cannot be "masks"', "Did you mean mask?"),
        ("segment", "view: 3", 1, "`view` has to be photo or mask or overlay or swipe, not 3", "`view: overlay`"),
        ("segment", "opacity: 1.5", 1, "`opacity` is 1.5, which is out of range", "a number from 0 to 1"),
        ("segment", "opacity: high", 1, '`opacity` has to be a number from 0 to 1, not "high"', "`opacity: 0.6`"),
        ("segment", "opacity: .nan", 1, "`opacity` has to be a number", "`opacity: 0.6`"),
        ("segment", "opacity: .inf", 1, "`opacity` has to be a number", "`opacity: 0.6`"),
        ("segment", "hover: 1", 1, "`hover` has to be true or false, not 1", "`hover: true`"),
        ("segment", "photo: [kitten]", 1, "`photo` has to be the name of a bundled photo", "`photo: kitten`"),
        ("segment", "photo: no", 1, "`photo` has to be the name of a bundled photo, not false", "`photo: kitten`"),
        ("segment", "photo:", 1, "`photo` has no value", "remove the line"),
        ("segment", "photo: kitten\nview: mask\nphoto: cows", 3, "`photo` is set twice", "Keep one"),
        ("segment", "photo: kitten\nphoto: kitten", 2, "`photo` is set twice", "Keep one"),
        ("segment", "size: 3", 1, "segment has no option `size`", "Use one of"),
        ("paint", "size: 2.5", 1, "`size` has to be a whole number", "`size: 240`"),
        ("paint", "size: true", 1, "`size` has to be a whole number", "`size: 240`"),
        ("paint", "size: 0", 1, "`size` is 0, which is out of range", "from 1 to 400"),
        ("paint", "target: -0.1", 1, "`target` is -0.1, which is out of range", "from 0 to 1"),
        ("paint", "truth: human", 1, "no label PNG human", "network"),
        ("grow", "neighbours: 6", 1, "`neighbours` cannot be 6", "Use one of: 4, 8."),
        ("grow", "neighbours: true", 1, "`neighbours` has to be 4 or 8, not true", "`neighbours: 4`"),
        ("grow", "seed: [1, 2, 3]", 1, "`seed` has to be a pixel as [row, column]", "`seed: [120, 200]`"),
        ("grow", "seed: [-1, 2]", 1, "`seed` has to be a pixel as [row, column]", "`seed: [120, 200]`"),
        ("grow", "seed: [1.5, 2]", 1, "`seed` has to be a pixel as [row, column]", "`seed: [120, 200]`"),
        ("grow", "seed: 12", 1, "`seed` has to be a pixel as [row, column]", "`seed: [120, 200]`"),
        ("grow", "tolerance: 443", 1, "`tolerance` is 443", "from 0 to 442"),
        ("classic", "method: ostu", 1, 'no classic method called "ostu"', "Did you mean otsu?"),
        ("classic", "photo: kitten\nmethods: [otsu, slick]", 2, 'no classic method called "slick"', "Did you mean slic?"),
        ("classic", "methods: [otsu, slic, otsu]", 1, '"otsu" is named twice', "Keep one"),
        ("classic", "methods: otsu", 1, '`methods` has to be a list of classic methods, not "otsu"', "`methods: [otsu, slic]`"),
        ("classic", "methods: []", 1, "`methods` has to be a list of classic methods", "`methods: [otsu, slic]`"),
        ("classic", "methods: [1, 2]", 1, "`methods` has to be a list of classic methods", "`methods: [otsu, slic]`"),
        ("classic", "colours: maen", 1, '`colours` cannot be "maen"', "Did you mean mean?"),
        ("classic", "table: 1", 1, "`table` has to be true or false, not 1", "`table: false`"),
        ("segment", "title: 2024", 1, "`title` has to be text, not 2024", "quotation marks"),
        ("segment", "kitten", 1, "This is not an option", "such as `title: My title`"),
        ("segment", "photo:kitten", 1, "This is not an option", "Write `photo: kitten`, with a colon and a space."),
        ("segment", "photo=kitten", 1, "This is not an option", "Write `photo: kitten`, with a colon and a space."),
        ("segment", "- photo: kitten", 1, "This is not an option", "one `name: value` on each line"),
        ("segment", "view: mask\nphoto: 'kitten", 2, "quotation marks do not enclose", '`photo: "kitten"`'),
        ("segment", "photo: kitten\n  view: mask", 2, "indented as if it went on with the line above", "Indent it like the other lines"),
        ("segment", "[1, 2]: 3", 1, "has to be one word", "`name: value`"),
        ("segment", "title: !!python/object:os.system x", 1, "`title` cannot be read", "quotation marks"),
        ("segment", "opacity: !!int many", 1, "`opacity` cannot be read", "quotation marks"),
        ("segment", "title: 2024-99-99", 1, "`title` cannot be read", "quotation marks"),
        ("segment", "photo: kitten\ntitle: a\x07b", 2, "invisible character here (U+0007)", "Delete it"),
        ("credits", "photo: kitten", 1, "credits has no option `photo`", "Leave the credits block empty."),
        ("credits", "all", 1, "This is not an option", "Leave the credits block empty."),
        ("figure", "alt: A cat", 0, "figure needs `drawing`", "Add `drawing: images/overlap.svg`"),
        ("figure", "drawing: images/overlap.svg", 0, "figure needs `alt`", "What the drawing shows"),
        ("figure", "drawing: images/overlpa.svg\nalt: x", 1, "no drawing", "Did you mean images/overlap.svg?"),
        ("figure", "drawing: ../LICENSE\nalt: x", 1, "not an SVG file below site_src", "Markdown images"),
        ("fence-options", "fence: segmnt", 1, 'no block with options called "segmnt"', "Did you mean segment?"),
    ],
)
def test_a_mistake_is_told_with_line_and_remedy(fence, body, line, message, remedy):
    error = mistake(fence, body)
    assert message in error.message
    assert remedy in error.remedy
    assert error.line == line
    assert error.message in str(error) and error.remedy in str(error)


def test_deep_nesting_is_a_mistake_not_a_crash():
    mistake("segment", "title: " + "[" * 5000)


@settings(deadline=None)  # the machine may be busy
@given(st.sampled_from(sorted(FENCES)), st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_line_inside_the_block(fence, body):
    try:
        options = parse(fence, body)
    except FenceError as error:
        assert 0 <= error.line <= body.count("\n") + 1 + sum(body.count(c) for c in "\r\x85\u2028\u2029")
        assert error.message and error.remedy
    else:
        assert set(options) <= {option.name for option in FENCES[fence].options}


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "photo": st.sampled_from(vocabulary.vocabulary("photo")),
            "height": st.integers(120, 2000),
            "title": st.text(min_size=1).filter(str.strip),
            "tolerance": st.floats(0, 442) | st.integers(0, 442),
            "neighbours": st.sampled_from([4, 8]),
            "seed": st.lists(st.integers(0, 4095), min_size=2, max_size=2),
            "watch": st.booleans(),
        },
    )
)
def test_every_option_reaches_the_element_unchanged(options):
    """YAML in, data attributes out: a title full of quotes and brackets, too."""
    body = yaml.safe_dump(options) if options else ""
    (tag, attributes, _), *_ = Elements(render("grow", body)).found
    assert tag == "studio-grow"
    defaults = {option.name: option.default for option in FENCES["grow"].options if option.default is not None}
    written = {name: value if isinstance(value, str) else json.dumps(value) for name, value in (defaults | options).items()}
    assert {name.removeprefix("data-"): value for name, value in attributes.items() if name.startswith("data-")} == {**written, "state": "loading"}


def test_the_methods_of_a_classic_fence_reach_the_element_in_their_order():
    (tag, attributes, _), *_ = Elements(render("classic", "methods: [slic, otsu]\ntable: true")).found
    assert tag == "studio-classic"
    assert json.loads(attributes["data-methods"]) == ["slic", "otsu"]
    assert attributes["data-table"] == "true" and "data-method" not in attributes


# --- the HTML


@pytest.mark.parametrize("fence", ELEMENTS)
def test_an_element_waits_in_a_skeleton_that_speaks_without_scripts(fence):
    has_height = "height" in [option.name for option in FENCES[fence].options]
    found = Elements(render(fence, "height: 480" if has_height else "")).found
    assert [tag for tag, _, _ in found] == [f"studio-{fence}", "div", "noscript", "p"]
    element, skeleton = found[0][1], found[1][1]
    assert element["class"] == "ps" and element["data-state"] == "loading"
    assert "480px" in element.get("style", "") or not has_height
    assert "ps-skeleton" in skeleton["class"]


@pytest.mark.parametrize("fence", ["segment", "paint", "grow", "classic"])
def test_the_skeleton_reserves_its_height_in_the_style_sheet(fence):
    css = (ROOT / "site_src/theme/assets/stylesheets/lesson.css").read_text(encoding="utf-8")
    assert "min-height: calc(var(--ps-height, " in css
    (skeleton,) = (attributes["class"].split() for _, attributes, _ in Elements(render(fence, "")).found if "ps-skeleton" in attributes.get("class", ""))
    (own,) = (name for name in skeleton if name != "ps-skeleton")
    assert css.count(f".{own} {{ --pd-around: ") == 2  # wide and narrow


def test_html_in_an_option_stays_text():
    text = render("segment", "title: '\"><script>alert(1)</script>'")
    assert "<script" not in text
    assert Elements(text).found[0][1]["data-title"] == '"><script>alert(1)</script>'


def test_an_element_stands_alone_and_is_not_wrapped_in_a_paragraph(page):
    """A <div> in a <p> would end the <p>, and with it our element."""
    text = page.reset().convert("Before\n\n```segment\nphoto: cows\n```\n\nAfter")
    around = [around for tag, _, around in Elements(text).found if tag == "studio-segment"]
    assert around == [()]


@pytest.mark.parametrize(
    "text",
    [
        "~~~paint\nsize: 12\n~~~",
        "````paint\nsize: 12\n````",
        "- item\n\n    ```paint\n    size: 12\n    ```",
        "!!! note\n\n    ```paint\n    size: 12\n    ```",
        "> ```paint\n> size: 12\n> ```",
    ],
)
def test_elements_live_in_lists_notes_and_quotes(page, text):
    found = [attributes for tag, attributes, _ in Elements(page.reset().convert(text)).found if tag == "studio-paint"]
    assert [attributes["data-size"] for attributes in found] == ["12"]


def test_a_fence_shown_as_code_is_code(page):
    text = page.reset().convert("````md\n```paint\nnonsense\n```\n````")
    assert "studio-paint" not in text and "nonsense" in text


def test_a_mistake_stops_the_page(page):
    with pytest.raises(FenceError, match="no option `colour`"):
        page.reset().convert("```paint\ncolour: red\n```")


def test_a_link_may_lead_to_a_cell_and_to_an_exercise(tmp_path):
    """MkDocs itself says so, with its own check of anchors."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    (tmp_path / "site_src").mkdir()
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[0]
    (tmp_path / "mkdocs.yml").write_text(settings.replace("  custom_dir: site_src/theme\n", "").replace("material/theme-light-dark", "material/weather-night"), encoding="utf-8")
    quiz = "id: q\ntitle: Q\ntext: Q?\nchoices:\n  - {answer: A, why: B, right: true}\n  - {answer: C, why: D}\n"
    (tmp_path / "site_src/index.md").write_text(f'# Home\n\n[a](#look) [b](#task-q)\n\n```python cell id="look"\nprint(1)\n```\n\n```quiz\n{quiz}```\n', encoding="utf-8")
    build(load_config(str(tmp_path / "mkdocs.yml"), site_dir=str(tmp_path / "out"), strict=True))
    made = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert 'id="look"' in made and 'id="task-q"' in made


def test_options_on_the_opening_line_are_refused(page):
    with pytest.raises(FenceError, match="`size` stands on the opening line"):
        page.reset().convert('```paint size="12"\n```')


def test_a_figure_is_the_drawing_itself_with_its_description():
    text = render("figure", "drawing: images/overlap.svg\nalt: 'Two \"circles\"'\ncaption: a < b")
    found = Elements(text).found
    assert [tag for tag, _, _ in found][:2] == ["figure", "svg"]
    assert found[1][1]["role"] == "img" and found[1][1]["aria-label"] == 'Two "circles"'
    assert "a &lt; b" in text


def test_credits_show_the_photos_where_the_build_puts_them():
    from pystudio.builder.site import bundle
    from pystudio.builder import output_tree

    built = {f"studio/{photo['file']}".replace("studio/../", "") for photo in bundle._photos(output_tree.OutputTree())}
    shown = {attributes["src"]: attributes["alt"] for tag, attributes, _ in Elements(render("credits", "")).found if tag == "img"}
    assert set(shown) == built
    assert all(shown.values())


def test_credits_name_every_author_licence_and_source():
    text = html.unescape(render("credits", ""))
    for photo in vocabulary.photo_credits():
        for key in ("title", "author", "licence", "source"):
            assert photo[key] in text


@pytest.mark.parametrize("fence", ELEMENTS)
def test_the_table_of_options_names_them_all(fence):
    text = options_html(FENCES[fence])
    assert render("fence-options", f"fence: {fence}") == text
    for option in FENCES[fence].options:
        assert f"<code>{option.name}</code>" in text and html.escape(re.sub("`[^`]*`", "", option.help).strip()[-20:]) in text
    assert "`" not in text, "code is shown as code"


def test_mkdocs_knows_every_fence():
    from mkdocs.config import load_config

    config = load_config(str(ROOT / "mkdocs.yml"))
    page = markdown.Markdown(extensions=config["markdown_extensions"], extension_configs=config["mdx_configs"])
    known = page.preprocessors["fenced_code_block"].extension.superfences
    assert {"python", *FENCES} <= {entry["name"] for entry in known}
    for name in ELEMENTS:
        assert f"<studio-{name} " in page.reset().convert(f"```{name}\n```")
    assert "<studio-cell " in page.reset().convert("```python cell\nprint(1)\n```")
    assert "<studio-" not in page.reset().convert("```python\nprint(1)\n```"), "other Python is highlighted"


def test_fences_of_the_authors_own_stay_beside_ours():
    custom = {"custom_fences": [{"name": "mermaid", "class": "mermaid", "format": lambda source, *args, **kwargs: f"<pre>{source}</pre>"}]}
    extensions = ["pymdownx.superfences", "pystudio.builder.lessons.extension"]
    page = markdown.Markdown(extensions=extensions, extension_configs={"pymdownx.superfences": custom})
    made = page.convert("```mermaid\na-->b\n```\n\n```paint\nsize: 12\n```")
    assert "<pre>a-->b</pre>" in made and 'data-size="12"' in made


# --- the palette


def _luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast ratio of two colours, as WCAG 2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["[data-md-color-scheme]", '[data-md-color-scheme="slate"]'])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("default-fg-color", "default-bg-color"),
        ("default-fg-color--light", "default-bg-color"),
        ("typeset-color", "default-bg-color"),
        ("typeset-a-color", "default-bg-color"),
        ("typeset-a-color", "code-bg-color"),
        ("accent-fg-color", "default-bg-color"),
        ("accent-bg-color", "accent-fg-color"),
        ("code-fg-color", "code-bg-color"),
        ("primary-bg-color", "primary-fg-color"),
        ("primary-bg-color--light", "primary-fg-color"),
        ("footer-fg-color", "footer-bg-color"),
        ("footer-fg-color--light", "footer-bg-color"),
        ("footer-fg-color--lighter", "footer-bg-color--dark"),
    ],
)
def test_text_can_be_read_in_light_and_dark(scheme, text, ground):
    css = (ROOT / "site_src/theme/assets/stylesheets/lesson.css").read_text(encoding="utf-8")
    block = css[css.index(f"{scheme} {{") :]
    colours = dict(re.findall(r"--md-([\w-]+): (#[0-9a-f]{6});", block[: block.index("}")]))
    assert contrast(colours[text], colours[ground]) >= 4.5
