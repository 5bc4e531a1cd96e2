"""What an effect costs as the photo grows: the preview, which does not grow, and the whole photo, which grows as its pixels do."""
from __future__ import annotations

from lab import Lab, first_mask
from report import Result, median, number, spread

SIDES = (1024, 2048, 4096, 6000)

WORK = """async ([side, repeats]) => {
    const { engine, store } = window.pystudio;
    const rows = side * 3 / 4, request = { effect: "blur", edge: "guided", swap: false, colour: [255, 255, 255], strength: 18 };
    const asked = { source: "network", network: "deeplab_s16", labels: [8], request };
    const preview = [], whole = [];
    for (let k = 0; k < repeats; k++) {
        let begun = performance.now();
        await engine.call("effects.preview", { ...asked, alpha: false });
        preview.push(performance.now() - begun);
        begun = performance.now();
        const { bands } = await engine.call("effects.begin", { ...asked, rows, columns: side });
        for (const { top, first, past } of bands) {
            const canvas = new OffscreenCanvas(side, past - first), context = canvas.getContext("2d", { willReadFrequently: true });
            context.drawImage(store.photo.bitmap, 0, -first, side, rows);
            const pixels = context.getImageData(0, 0, side, past - first).data.buffer;
            await engine.call("effects.band", { top, pixels }, { transfer: [pixels] });
        }
        await engine.call("effects.finish", {});
        whole.push(performance.now() - begun);
    }
    return { preview, whole };
}"""


def measure(lab: Lab, repeats: int = 3) -> Result:
    """Blur the background of one photo at four sizes."""
    found = {}
    with lab.page("effects.html") as page:
        lab.say("effects: starting the studio")
        first_mask(page, "studio-effects")
        page.locator("studio-effects[data-done]").wait_for(state="attached")
        memory = {}
        for side in SIDES:
            lab.say(f"effects: {side} pixels wide")
            found[side] = page.evaluate(WORK, [side, repeats])
            memory[side] = lab.memory()
    return _report(found, memory, repeats)


def _report(found: dict[int, dict], memory: dict[int, float | None], repeats: int) -> Result:
    result = Result("Effects: a blurred background as the photo grows, matte known, decoding not counted, the PNG included")
    million = lambda side: side * side * 3 / 4 / 1e6
    result.table(["photo", "preview, ms (quartiles)", "whole photo, s (quartiles)", "s a million pixels", "browser, MB"], [
        [f"{side} × {side * 3 // 4}", spread(each["preview"]), spread(each["whole"], 1 / 1000), number(median(each["whole"]) / 1000 / million(side)), "–" if memory[side] is None else number(memory[side], 0)]
        for side, each in found.items()
    ])
    least, most = found[SIDES[0]], found[SIDES[-1]]
    result.notes.append(f"{repeats} times each. The preview is made on a copy of at most 720 pixels whatever the photo's size.")
    growth = (median(most["whole"]) / million(SIDES[-1])) / (median(least["whole"]) / million(SIDES[0]))
    result.expect("cost of a pixel in the largest photo / in the smallest", growth, at_most=1.5)
    result.expect("preview of the largest photo / of the smallest", median(most["preview"]) / median(least["preview"]), at_most=1.5)
    return result
