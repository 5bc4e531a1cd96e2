"""What the page does when its engine dies, again and again: a scripted worker stands in for the real one, so that every moment can be chosen."""
import time

import pytest
from tests.browser.conftest import visitor

# In the place of Worker: remembers what it was told, says what the test has it say. `window.later` moves the page's clock.
SCRIPTED = """
const told = [];
let ahead = 0;
const clock = performance.now.bind(performance);
performance.now = () => clock() + ahead;
window.later = seconds => { ahead += seconds * 1000; };
const Other = window.Worker;
window.Worker = class {
    constructor(address, options) {
        if (options?.name !== "pystudio") { // the search of the theme has one, and the question whether workers read blobs
            const other = new Other(address, options);
            if (options?.name === "probe") other.addEventListener("message", () => window.probed = true);
            return other;
        }
        this.sent = [];
        this.ended = false;
        told.push(this);
    }
    postMessage(message) { this.sent.push(message); }
    addEventListener() {}
    terminate() { this.ended = true; }
    say(data) { this.onmessage({ data }); }
    fall() { this.onerror({ preventDefault() {} }); }
};
window.workers = told;
window.now = () => told.at(-1);
window.turn = () => new Promise(done => setTimeout(done)); // whatever waits in promises has happened
window.fresh = async () => { // the worker that follows, once its script is there and the engine listens to it
    while (!now()?.onmessage || now().ended) await turn();
    return now();
};
"""
ABOUT = "about.html"  # a page without elements: nobody else asks the engine


@pytest.fixture
def page(browser, server):
    with visitor(browser) as context:
        page = context.new_page()
        page.add_init_script(SCRIPTED)
        page.goto(server.url + ABOUT)
        page.evaluate("""() => {
            const { engine } = window.pystudio;
            window.states = [], window.restarts = [];
            engine.on("state", state => states.push(state));
            engine.on("restart", failure => restarts.push(failure.message));
            window.born = async () => { (await fresh()).say({ event: "ready", startedFrom: "files" }); await turn(); };
        }""")
        yield page


def until(page, condition, what):
    """Wait where the page's own clock stands still."""
    end = time.monotonic() + 30
    while not page.evaluate(condition):
        assert time.monotonic() < end, what


def listened_to(page):
    until(page, "workers.length === 1 && Boolean(workers[0].onmessage)", "no worker was made")


def lives(page, *, ready_for, boots_in, most=12):
    """Let workers live and die until no other follows; how many there were."""
    return page.evaluate("""async ([readyFor, bootsIn, most]) => {
        const { engine } = window.pystudio;
        engine.start();
        while (workers.length < most) {
            later(bootsIn);
            await born();
            later(readyFor);
            now().fall();
            await turn();
            if (engine.state === "error") break;
        }
        return workers.length;
    }""", [ready_for, boots_in, most])


@pytest.mark.parametrize("boots_in", [1, 25, 90])
def test_a_worker_that_dies_young_again_and_again_is_not_started_for_ever(page, boots_in):
    """However long a slow machine needs for each start."""
    assert lives(page, ready_for=2, boots_in=boots_in) == 4
    state, failure = page.evaluate("[pystudio.engine.state, pystudio.engine.failure.message]")
    assert (state, failure) == ("error", "The engine that runs Python in your browser stopped.")
    assert page.evaluate("workers.every(worker => worker.ended)")


def test_deaths_far_apart_are_always_followed_by_another_worker(page):
    assert lives(page, ready_for=300, boots_in=1, most=9) == 9
    page.evaluate("born()")
    assert page.evaluate("pystudio.engine.state") == "ready"


def test_calls_lost_with_the_last_worker_do_not_promise_another(page):
    told = page.evaluate("""async () => {
        const { engine } = window.pystudio;
        const found = [];
        engine.start();
        for (let life = 0; life < 4; life++) {
            await born();
            engine.call("labels", { set: "voc" }).catch(error => found.push([error.message, error === engine.failure]));
            await turn();
            now().fall();
            await turn();
        }
        return found;
    }""")
    assert [message for message, _ in told[:3]] == ["The engine stopped before it could answer."] * 3
    assert told[3] == ["The engine that runs Python in your browser stopped.", True]


PROGRAM = """async ({ cause, most }) => {
    const { engine } = window.pystudio;
    const found = [];
    engine.start();
    for (let life = 0; life < most; life++) {
        await born();
        engine.call("cell.run", {}, { stoppable: true }).catch(error => found.push([error.kind, error.message]));
        await turn();
        if (cause) now().say({ event: "fatal", cause });
        now().say({ event: "dead", message: "The engine that runs Python in your browser stopped.", remedy: "Try again." });
        await turn();
    }
    return { found, state: engine.state, restarts };
}"""


@pytest.mark.parametrize("cause, words", [
    (None, "Running this program ended Python, which had to start again."),
    ("recursion", "This program called itself without end, and Python had to start again."),
])
def test_a_readers_program_that_ends_the_worker_is_named_and_counts_as_no_death_of_the_engine(page, cause, words):
    told = page.evaluate(PROGRAM, {"cause": cause, "most": 9})
    assert told == {"found": [["program", words]] * 9, "state": "loading", "restarts": ["A program on this page ended Python."] * 9}
    page.evaluate("born()")
    assert lives(page, ready_for=2, boots_in=1, most=20) == 13  # by itself it still may not die for ever


def test_a_worker_that_ends_right_after_the_answer_to_a_program_died_of_that_program(page):
    assert page.evaluate("""async () => {
        const { engine } = window.pystudio;
        engine.start();
        for (let life = 0; life < 9; life++) {
            await born();
            const call = engine.call("cell.run", {}, { stoppable: true });
            await turn();
            now().say({ id: now().sent.at(-1).id, reply: { error: null, seconds: 1 } });
            await call;
            now().say({ event: "dead", message: "The browser gave the studio no more memory.", remedy: "Try again." });
            await turn();
        }
        return [engine.state, restarts.length];
    }""") == ["loading", 9]


def test_a_worker_that_ran_out_of_memory_is_replaced_and_its_call_is_told_why(page):
    told = page.evaluate("""async () => {
        const { engine } = window.pystudio;
        engine.start();
        await born();
        const calls = ["grow.listing", "labels"].map(name => engine.call(name, {}).catch(error => [error.kind, error.message]));
        await turn();
        const [{ id }] = now().sent.filter(message => message.call === "grow.listing");
        now().say({ id, error: { kind: "memory", message: "No more memory.", remedy: "It starts again." } });
        const answers = await Promise.all(calls);
        await fresh();
        return { answers, restarts, ended: workers.map(worker => worker.ended), state: engine.state };
    }""")
    assert told == {"answers": [["memory", "No more memory."], ["engine", "The engine stopped before it could answer."]],
                    "restarts": ["No more memory."], "ended": [True, False], "state": "loading"}


def test_what_a_worker_still_says_after_its_end_is_nothing_to_its_successor(page):
    seen = page.evaluate("""async () => {
        const { engine } = window.pystudio;
        engine.start();
        await born();
        const [first] = workers;
        const dead = { event: "dead", message: "Gone.", remedy: "Try again." };
        first.say(dead);
        first.say(dead); // a file broke off, and so did the start that waited for it
        first.fall();
        await turn();
        first.say({ event: "ready", startedFrom: "files" });
        const between = engine.state;
        await born();
        return { between, after: engine.state, workers: workers.length, restarts };
    }""")
    assert seen == {"between": "loading", "after": "ready", "workers": 2, "restarts": ["Gone."]}


def test_asking_twice_to_try_again_starts_one_worker(page):
    seen = page.evaluate("""async () => {
        const { engine } = window.pystudio;
        engine.start();
        (await fresh()).fall();
        await turn();
        const before = [engine.state, workers.length];
        const both = [engine.retry(), engine.retry()];
        await born();
        await Promise.all(both);
        engine.retry(); // and once more when it is ready: nothing to try
        await turn();
        return { before, after: [engine.state, workers.length] };
    }""")
    assert seen == {"before": ["error", 1], "after": ["ready", 2]}


def test_words_for_a_start_that_failed_are_kept_for_whoever_asks_later(page):
    told = page.evaluate("""async () => {
        const { engine } = window.pystudio;
        engine.start();
        (await fresh()).say({ event: "dead", message: "A file is missing.", remedy: "Tell somebody." });
        return engine.call("labels", { set: "voc" }).catch(error => [error.message, error.remedy, error === engine.failure]);
    }""")
    assert told == ["A file is missing.", "Tell somebody.", True]


def test_a_worker_whose_own_script_does_not_arrive_is_told_and_another_takes_its_place_in_the_same_start(page):
    held = []
    page.route("**/studio/worker-*.mjs", lambda route: held.append(route) if not held else route.continue_())
    page.clock.install()
    page.evaluate("""() => {
        const { engine } = window.pystudio;
        window.stalls = [];
        engine.on("stall", what => stalls.push(what));
        window.started = engine.start();
    }""")
    until(page, "window.probed", "no answer of the probe")  # which has some seconds of the same clock
    page.clock.run_for(14_500)
    assert page.evaluate("stalls") == []
    page.clock.run_for(1_000)
    assert page.evaluate("stalls") == ["The engine that runs Python"]
    between = page.evaluate("""() => {
        const { engine } = window.pystudio;
        engine.again();
        return [engine.state, engine.stalled, workers.length];
    }""")
    assert between == ["loading", None, 0]
    listened_to(page)
    seen = page.evaluate("""async () => {
        const { engine } = window.pystudio;
        now().say({ event: "boot", steps: [] });
        now().say({ event: "ready", startedFrom: "snapshot" });
        await started;
        return [engine.state, engine.startedFrom, workers.length, restarts];
    }""")
    assert seen == ["ready", "snapshot", 1, []]
    page.clock.run_for(60_000)
    assert page.evaluate("stalls") == ["The engine that runs Python", None]


@pytest.mark.parametrize("steps, words", [([], "The engine that runs Python"), ([{"step": "runtime", "title": "Python", "done": 5, "total": 5, "finished": False}], "Python")])
def test_a_worker_that_says_nothing_or_computes_without_end_is_told(page, steps, words):
    page.clock.install()
    page.evaluate("window.stalls = []; pystudio.engine.on('stall', what => stalls.push(what)); void pystudio.engine.start()")
    listened_to(page)
    if steps:
        page.evaluate("steps => now().say({ event: 'boot', steps })", steps)
    page.clock.run_for(16_000)
    assert page.evaluate("[stalls, pystudio.engine.computing]") == [[words], bool(steps)]
    page.evaluate("now().say({ event: 'boot', steps: [] })")  # it goes on
    assert page.evaluate("stalls") == [words, None]


def test_what_a_ready_worker_waits_for_in_vain_is_asked_for_afresh_by_another(page):
    seen = page.evaluate("""async () => {
        const { engine } = window.pystudio;
        engine.start();
        await born();
        const call = engine.call("labels", { set: "voc" }).catch(error => error.message);
        await turn();
        now().say({ event: "stall", file: "scikit_image" });
        const during = engine.stalled;
        engine.again();
        const answer = await call;
        await born();
        return { during, answer, stalled: engine.stalled, state: engine.state, workers: workers.map(worker => worker.ended) };
    }""")
    assert seen == {"during": "scikit_image", "answer": "The engine stopped before it could answer.", "stalled": None, "state": "ready", "workers": [True, False]}
