"""The only modules that may import ``js`` or ``pyodide``. Nothing here decides about segmentation."""
