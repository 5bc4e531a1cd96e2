"""A lab that is one folder and nothing else: the project is copied, gets the lab of docs/add-a-lab.md and a block in a page, is built, and the lab is used."""
import functools
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Lessons, ready, serving
from tests.toy_lab import project_with_the_lab

BLOCK = "\n```toy-lab\ntitle: Twice, and twice again\nstart: 3\n```\n"


@pytest.fixture(scope="module")
def toy_site(tmp_path_factory):
    root = project_with_the_lab(tmp_path_factory.mktemp("toy") / "project", leave_out=())
    with (root / "site_src/about.md").open("a", encoding="utf-8") as page:
        page.write(BLOCK)
    build = "import argparse, sys; from pystudio.builder import commands; sys.exit(commands.run(argparse.Namespace(command='site')))"
    done = subprocess.run([sys.executable, "-c", build], cwd=root, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(functools.partial(Lessons, directory=root / "build/site")) as server:
        yield server.url


def test_a_folder_is_a_lab_on_a_page(toy_site, page):
    page.goto(f"{toy_site}about.html")
    toy = ready(page, "studio-toy-lab")
    number, button = toy.locator(".ps-toy"), toy.get_by_role("button", name="Double it")
    expect(toy).to_contain_text("Twice, and twice again")
    expect(number).to_have_text("3")
    for doubled in (6, 12, 24):
        button.click()
        expect(number).to_have_text(str(doubled))
    assert page.complaints == []
