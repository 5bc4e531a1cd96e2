"""What the quick tests and those in browsers share: which of many combinations are tried."""
import pytest


def pytest_addoption(parser):
    parser.addoption("--every", action="store_true", help="try every combination of the tests marked `product`, instead of every value once or more")


def pytest_collection_modifyitems(config, items):
    """Of a test marked `product`, keep as few cases as hold every value of every parameter."""
    if config.getoption("--every"):
        return
    products = {}
    for item in items:
        if item.get_closest_marker("product"):
            products.setdefault(item.originalname + str(item.path), []).append(item)
    kept = {id(item) for cases in products.values() for item in covering(cases)}
    dropped = [item for cases in products.values() for item in cases if id(item) not in kept]
    if dropped:
        gone = set(map(id, dropped))
        items[:] = [item for item in items if id(item) not in gone]
        config.hook.pytest_deselected(items=dropped)


def covering(cases):
    """Cases that together have every value of every parameter, the fewest that a greedy choice finds."""
    values = {id(case): {(name, repr(value)) for name, value in case.callspec.params.items()} for case in cases}
    wanted, chosen = set().union(*values.values()), []
    while wanted:
        best = max(cases, key=lambda case: len(values[id(case)] & wanted))
        chosen.append(best)
        wanted -= values[id(best)]
    return chosen


def pytest_configure(config):
    config.addinivalue_line("markers", "product: a product of parameters, of which the usual run tries every value once and `--every` every combination")
