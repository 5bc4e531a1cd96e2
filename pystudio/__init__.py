"""PyStudio: image segmentation you can see, paint and grade. The map of the package is here; the work is in the modules that it names.

==================================  =====================================================================
errors                              what a person is told when something they gave cannot be used
labels                              class ids, names and colours (PASCAL VOC; person and background)
image                               photos in, resizing
image.label_image                   pictures whose pixels are classes
image.decoding                      opening and decoding picture files
image.signatures                    what a file is that cannot be read as a picture
segment.region_growing              region growing from a seed
segment.instances                   single things of a label map: components, seeds, watershed
segment.matting                     soft mattes from scores or a mask
segment.canvas                      a mask under a brush, with undo
segment.classic                     the methods from before networks, in one table
networks.network                    recipes, preparing, decoding and running a network: pixels to labels
networks.base                       what has to be known of a network to ask it and to read its answer
networks.user_network               networks that a person brings as an ONNX file
networks.user_network_inspection    whether such a network labels pixels, and how, by its graph
networks.onnx_reader                what an ONNX file says of itself
networks.onnx_writer                parts of ONNX files, and networks with others behind them
networks.onnxruntime_errors         errors of ONNX Runtime in plain words
networks.layers                     what networks are made of: grids and receptive fields
networks.cost                       multiply-adds and weights, counted
networks.stages                     what the stages of a network say of every place of a photo: features to learn from
networks.uncertainty                scores, confidence, entropy, margin: what lies behind a label map
networks.pixel_classifier           a small network that learns from the pixels of one photo
networks.losses                     losses for a mask of one class, and their gradients
teach                               a classifier of pixels learnt from strokes: heads on a network's stages, their files
measure.metrics                     confusion matrix, IoU, Dice; grading that follows a brush
measure.boundary                    distances between boundaries, boundary F, Hausdorff
measure.region_matching             how well unnamed regions fit a class
measure.panoptic                    panoptic quality
measure.report                      every grade of one class, with its formula in numbers
measure.perturb                     masks made worse on purpose, and drawn shapes to do it to
render.colour                       label maps as colour, overlays and cut-outs
render.effects                      blur, replace, sticker and others through a matte
render.png                          PNG files
formats                             masks in and out: PNG, COCO, LabelMe, Label Studio, YOLO, CVAT, NPZ, SVG
notebook                            Python that a reader writes: run, shown, its errors explained
exercises.grading                   exercises: a reader's function or mask, graded
exercises.packed_truth              a truth as the build writes it into a page
exercises.program                   running what a reader wrote for an exercise
exercises.reports                   the reports that students hand in, as a table
session.session                     one visitor's session: a photo, its predictions, its masks
session.painted_mask                the painted mask and its grade against a truth
session.results                     what one lab leaves for others
session.labs                        which lab's handler answers a call
session.session_calls               the calls that are the session's own
session.protocol                    every call of the page, what it takes, what it answers
session.envelope                    the messages that carry calls between page and worker
session.wire_types                  types that several calls share
session.validation                  what the page sends, checked against these types
session.typescript                  these types printed for the page
session.replies                     grades, classes and patches as these types
session.host                        what a session may ask of the place where it runs
==================================  =====================================================================

`pystudio.labs` has a folder for every lab of the pages; `pystudio.browser` is what alone knows that it is in a browser. `pystudio.builder` builds
the site and is not part of the wheel.

The same code runs in CPython and in Pyodide. Importing any of these modules needs NumPy alone; Pillow, scikit-image, SciPy and ONNX Runtime are
imported by the functions that use them. Axes are always (row, column).
"""

from . import _renamed

__version__ = "0.1.0"

_renamed.install()
