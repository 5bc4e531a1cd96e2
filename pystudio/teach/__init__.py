"""Teach it: a classifier of pixels, learnt from a few strokes on the frozen features of a network.

Three steps: `features` of a photo (once), `teach` from strokes (milliseconds, again and again), and `Head.predict` for any photo's features.

>>> import numpy as np
>>> from pystudio.teach import class_set, features, teach
>>> photo = np.zeros((60, 80, 3), np.uint8)
>>> photo[:, 40:] = (200, 60, 30)
>>> strokes = np.full((60, 80), -1)
>>> strokes[30, 5:20], strokes[30, 60:75] = 0, 1
>>> found = features(photo, "deeplab_s16", "colour")
>>> head = teach([(found, strokes)], class_set(["dark", "red"])).head
>>> head.predict(found).label_map[10, [10, 70]].tolist()
[0, 1]
"""

from ..networks.stages import PhotoFeatures, features
from .answers import most_uncertain, refined_labels
from .head import Head, class_set
from .head_file import read_head, write_head
from .learning import Taught, calibrate, teach

__all__ = ["Head", "PhotoFeatures", "Taught", "calibrate", "class_set", "features", "most_uncertain", "read_head", "refined_labels", "teach", "write_head"]
