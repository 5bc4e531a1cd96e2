"""PyStudio: image segmentation you can see, paint and grade. The tour of the rooms lives here; the work does not.

==========  =====================================================================
errors      what a person is told when something they gave cannot be used
labels      class ids, names and colours (PASCAL VOC; person and background)
image       photos and label images in, resizing, the frame a network sees
network     recipes, preparing, decoding and running a network: pixels to labels
layers      what networks are made of: grids and receptive fields
microscope  scores, doubt, and what is behind a label map
cost        multiply-adds and weights, counted
metrics     confusion matrix, IoU, Dice; grading that follows a brush
paint       a mask under a brush, with undo
region      region growing from a seed
colour      label maps as colour, overlays and cut-outs
export      PNG files
cell        Python that a reader writes: run, shown, its mistakes told
==========  =====================================================================

The same code runs in CPython and in Pyodide. Importing any of these rooms needs
NumPy alone; Pillow and ONNX Runtime are imported by the functions that use them.
Axes are always (row, column).
"""

__version__ = "0.1.0"
