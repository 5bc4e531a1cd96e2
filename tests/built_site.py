"""What tests ask of the built site, in a browser or without one."""
import functools

from pystudio.builder.lessons.labs import labs
from pystudio.builder.site import entry


@functools.cache
def scripts_of_labs(site):
    """The studio's script in the built site, and the scripts that each lab needs in their order, by its element."""
    one = lambda pattern: next(site.glob(f"studio/{pattern}-{'[0-9a-f]' * 8}.js"))
    path = lambda file: file.relative_to(site).as_posix()
    needed = {}
    for lab in labs():
        script = one(f"lab-{lab.fence.name.replace(' ', '-')}")
        between = [path(one(folder)) for folder in entry.APART if f"studio/{folder}/" in script.read_text(encoding="utf-8")]
        needed[lab.fence.element] = (*between, path(script))
    return path(one("studio")), needed
