"""Code of a page says that it is not to be translated, as it comes out of the build."""
import re

from mkdocs.config import load_config
from mkdocs.structure.files import get_files
from mkdocs.structure.pages import Page
from tests.builder.lessons.test_check import Site

from pystudio.builder.lessons.untranslated import marked


def test_all_code_of_a_page_says_that_it_is_not_to_be_translated(tmp_path):
    site = Site(tmp_path)
    site.page("# The `x` of\n\nPress <kbd>B</kbd>, `code`.\n\n```python\nx = 1\n```\n\n```js\nlet a;\n```\n\n```python cell\nprint(1)\n```\n")
    config = load_config(str(tmp_path / "mkdocs.yml"))
    files = get_files(config)
    page = Page(None, files.get_file_from_path("index.md"), config)
    page.read_source(config)
    page.render(config, files)
    code = re.findall(r"<(?:pre|code|kbd)\b[^>]*>", page.content)
    assert {re.match(r"<(\w+)", tag)[1] for tag in code} == {"pre", "code", "kbd"}
    assert [tag for tag in code if 'translate="no"' not in tag] == []
    assert "print" in page.content and page.title == "The x of"


def test_what_a_script_holds_and_what_is_marked_already_stays_as_it_is():
    page = '<script type="application/json">{"a": "<code>x</code>"}</script><code translate="no">y</code>'
    assert marked(page) == page
