r"""Formulas in the pages: TeX between dollars becomes MathML of the kind that all browsers know, prices stay prices, and what cannot be read is told with its line."""
import re
from xml.etree import ElementTree

import markdown
import pytest
from tests.builder.lessons.test_check import Site

from pystudio.builder.lessons import check_cache, formulas
from pystudio.builder.site import csp

EXTENSIONS = ["tables", "md_in_html", "toc", "pymdownx.superfences", "pystudio.builder.lessons.formulas"]
# https://w3c.github.io/mathml-core/#mathml-elements-and-attributes
CORE = set("annotation annotation-xml maction math merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup"
           " mtable mtd mtext mtr munder munderover semantics".split())
CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture(autouse=True)
def checks_of_this_test(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(check_cache, "cache", lambda: folder)


def rendered(text):
    return markdown.markdown(text, extensions=EXTENSIONS)


def maths(text):
    """The formulas of a rendered text: (whether each stands on a line of its own, its signs without space)."""
    html = re.sub("&(ApplyFunction|nbsp);", "", rendered(text))
    return [('display="block"' in found, re.sub(r"\s", "", "".join(ElementTree.fromstring(found).itertext()))) for found in re.findall(r"<math.*?</math>", html, re.DOTALL)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In $a_1 * b_1$ and *so* on", [(False, "a1∗b1")]),
        (r"In \(a + b\) too", [(False, "a+b")]),
        ("$$E = mc^2$$", [(True, "E=mc2")]),
        ("$$\nE = mc^2\n$$", [(True, "E=mc2")]),
        ("\\[\nE = mc^2\n\\]", [(True, "E=mc2")]),
        (r"Here \[E = mc^2\] within a line", [(True, "E=mc2")]),
        ("Text\n$$\nx\n$$\nand more", [(True, "x")]),
        ("$$x$$ and $$y$$", [(True, "x"), (True, "y")]),
        ("\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}", [(True, "a=bc=d")]),
        ("> $$\n> x\n> $$", [(True, "x")]),
        ("1. item\n\n    $$\n    x\n    $$", [(True, "x")]),
        ("| a |\n|---|\n| $x$ |", [(False, "x")]),
        ("## The *size* $n$", [(False, "n")]),
        ("[so $x$](a.md), **$y$**, ($z$)", [(False, "x"), (False, "y"), (False, "z")]),
        ("the $n$th, $k$-means", [(False, "n"), (False, "k")]),
        ("$a<b$ and $c>d$ & more", [(False, "a<b"), (False, "c>d")]),
        (r"$\text{5 \$ or }x$", [(False, "5$orx")]),
        ('<div markdown="1">\nSo $x$\n</div>', [(False, "x")]),
    ],
)
def test_what_stands_between_the_signs_becomes_a_formula(text, found):
    assert maths(text) == found


@pytest.mark.parametrize(
    "text",
    ["It costs $5 and $6.", "It costs US$5-US$6, or 5$/6$.", "From $20 for pupils and 30$ for others", "$HOME/bin, ${PATH} and $ x $", "One dollar: $", r"\$x\$", "`$x$`", "```sh\necho $a $b$\n```",
     r"An \(aside\) and \[brackets\]", "    $x$"],
)
def test_dollars_that_are_no_formula_stay_as_they_are(text):
    html = rendered(text)
    assert "<math" not in html and "unread" not in html
    assert html.count("$") == text.replace("\\$", "$").count("$")


@pytest.mark.parametrize(
    "tex",
    [r"\operatorname{IoU}(A, B) = \frac{|A \cap B|}{|A \cup B|}", r"-\sum_{i=1}^{N} y_i \log \hat{y}_i", r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}", r"\mathbf{W}^\top \mathbf{xy1} \in \mathbb{R}^{N \times M}",
     r"\left\lfloor \sqrt[3]{x} \right\rfloor \pm \sigma", r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", r"\arg\max_x \lim_{n \to \infty} f'(x)"],
)
@pytest.mark.parametrize("display", [True, False])
def test_a_formula_is_mathml_core_and_asks_for_nothing_that_the_policy_refuses(tex, display):
    made = formulas.mathml(tex, display=display)
    for element in ElementTree.fromstring(made.replace("&ApplyFunction;", "\u2061")).iter():
        assert element.tag in CORE, element.tag
        assert len(element) == CHILDREN.get(element.tag, len(element)), element.tag
        assert element.get("mathvariant", "normal") == "normal", "browsers read no other value"
        assert not {"href", "columnalign", "class"} & set(element.attrib)
    page = csp.Page.read(made)
    assert not page.inline and not page.fetched and not page.handlers


@pytest.mark.parametrize(
    ("text", "line", "words", "remedy"),
    [
        ("Text\n\nSo $x^$ it is.", 5, "Something is missing", "need one group"),
        ("$$\na = b\n+ \\foo{c}\n$$", 5, "`\\foo` is no command", "Correct it"),
        ("Text\n\n$$\\frac{1}{2$$", 5, "is not closed", "Write `}`"),
        ("$a}$", 3, "did not open", "too many"),
        ("$\\left( a$", 3, "has no `\\right`", "at the end"),
        ("$$\n\\begin{cases} a\n$$", 4, "has no `\\end`", "at the end"),
        ("$a_b_c$", 3, "follow each other", "Group what belongs together"),
        ("$a & b = c$", 3, "`&` has no meaning", "`\\&`"),
        ("$50 % = x$", 3, "begins a comment", "`\\%`"),
        ("$$\\begin{split} a \\end{split}$$", 3, "no `\\begin{split}`", "aligned"),
        ("$x^$ and\n\n$y$ and\n\n$x^$", 3, "Something is missing", "need one group"),
        ("- $x^2$\n- $\\href{javascript:x}{y}$", 4, "`\\href` is no command", "Correct it"),
    ],
)
def test_a_formula_that_cannot_be_read_is_told_with_its_line(site, text, line, words, remedy):
    site.page("# Home\n\n" + text + "\n")
    found = site.check()
    assert found[0].line == line and words in found[0].message and remedy in found[0].remedy, [str(each) for each in found]
    assert len(found) == text.count("$x^$") or len(found) == 1
    assert all(each.message.endswith(".") and each.remedy.endswith(".") for each in found)


def test_formulas_that_can_be_read_are_left_alone(site):
    site.page("# Home\n\nIn $a_1 * b_1$ and $$E = mc^2$$ so.\n\n$$\n\\frac{a}{b}\n$$\n\nIt costs $5, or US$6.\n\n| a | b |\n|---|---|\n| $x$ | $f(x)$ |\n")
    assert [str(mistake) for mistake in site.check()] == []
