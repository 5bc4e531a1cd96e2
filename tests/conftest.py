"""What holds for all tests: the quick ones come first."""
from pathlib import Path

BROWSER = Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items):
    """A slip shows within minutes; and Playwright, once started, leaves an event loop running, in which `asyncio.run` cannot be called."""
    items.sort(key=lambda item: BROWSER in item.path.parents)
