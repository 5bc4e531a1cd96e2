"""A label picture that comes with the page is the truth for its photo, and for no other."""
import numpy as np
from tests.browser.conftest import ROOT, opened, ready, visitor
from tests.browser.person import choose
from playwright.sync_api import expect

from pystudio import image
from pystudio.measure import metrics
from pystudio.labels import VOC

OURS = "the label picture of this page"


def test_a_mask_is_graded_against_the_picture_of_the_page(browser, lesson):
    truth = image.load_labels(ROOT / "site_src/truth/astronaut.png")
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("paint", "photo: astronaut\nlabel: person\ntruth: truth/astronaut.png")))
        element = ready(page, "studio-paint")
        named = element.locator(".ps-truth-name")
        expect(named).to_have_text(OURS)
        scores = page.evaluate("""async () => {
            const painted = await window.pystudio.store.paint("set", { mask: new Uint8Array(window.pystudio.store.mask.length).fill(15).buffer });
            return painted.scores.pixel_accuracy;
        }""")
        judged = truth != 255
        everything = metrics.scores(metrics.confusion(truth, np.full_like(truth, VOC.id("person")), len(VOC.names)))
        assert abs(scores - everything.pixel_accuracy) < 1e-12
        assert abs(scores - (truth[judged] == VOC.id("person")).mean()) < 1e-12
        choose(page, "Kitten", "studio-paint")
        expect(named).to_have_text("the network’s output")
        choose(page, "Astronaut", "studio-paint")
        expect(named).to_have_text(OURS)
