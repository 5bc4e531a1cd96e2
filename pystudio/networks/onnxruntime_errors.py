"""Why ONNX Runtime does not take a network, or stops while it runs it: its words in plain ones."""

from __future__ import annotations

import re

from ..errors import NetworkError

__all__ = ["explain_rejection"]

_OPERATORS = (r"implementation for (?:the node )?(?:\S*:)?([A-Za-z_]\w*)\(", r"([\w.]+(?:::|:)?\w*)\(-?\d*\) is not a registered", r"No Op registered for (\w+)", r"kernel for (\w+)")


def explain_rejection(words: str, where: str = "the browser’s ONNX Runtime") -> NetworkError:
    """Why ONNX Runtime does not take a file, in plain words with what it named.

    Parameters
    ----------
    words : str
        What it said.
    where : str
        What to call it.

    Examples
    --------
    >>> explain_rejection("Could not find an implementation for FancyOp(3) node with name 'x'").message
    'This network uses the operator FancyOp, which the browser’s ONNX Runtime does not have.'
    """
    if found := re.search(r"IR version: (\d+), max supported IR version: (\d+)", words):
        return NetworkError(f"This network is written in version {found[1]} of ONNX’s format, and {where} reads up to {found[2]}.", f"Save it with ir_version = {found[2]} or less.")
    if found := re.search(r"Opset (\d+) is under development[^.]*\.(?:.*?till opset (\d+))?", words, re.S):
        return NetworkError(f"This network is written in opset {found[1]}, which {where} does not know yet{f' (it knows up to {found[2]})' if found[2] else ''}.", "Save it with an older opset, for example 17.")
    for pattern in _OPERATORS:
        if found := re.search(pattern, words):
            return NetworkError(f"This network uses the operator {found[1]}, which {where} does not have.", "Save it with operators of the ONNX standard, opset 7 or later.")
    if found := re.search(r"Got invalid dimensions for input: (\S+)(.*?)(?:Please|$)", words, re.S):
        sides = re.findall(r"index: (\d+) Got: (\d+) Expected: (\d+)", found[2])
        told = ", ".join(f"side {int(index) + 1} has {got} instead of {expected}" for index, got, expected in sides) or "its sides are others"
        return NetworkError(f"The input “{found[1]}” has another size than the network takes: {told}.", "Say rows and columns as the network has them.")
    if found := re.search(r"Unexpected input data type\.? Actual: \(tensor\((\w+)\)\) ?, expected: \(tensor\((\w+)\)\)", words):
        return NetworkError(f"The network takes {found[2]}, and was given {found[1]}.", "Say which type its input has (input_type).")
    if found := re.search(r"while running (\w+) node\.(?: Name:'[^']*')? ?Status Message: (.*)", words, re.S):
        told = re.sub(r"^\S+:\d+ .*?\) (?=[\w{])", "", " ".join(found[2].split()))
        return NetworkError(f"{where[0].upper() + where[1:]} could not compute the step {found[1]}: {told[:200]}", "Try another size (rows, columns, multiple), or bring the network as it is for any size.")
    if "Protobuf parsing failed" in words or "INVALID_PROTOBUF" in words:
        return NetworkError("The file is no ONNX, or cut short.", "Check the file with the program that wrote it.")
    if re.search(r"alloc|memory|RangeError", words, re.I):
        return NetworkError("This network is too large for the browser’s memory." if "browser" in where else "This network is too large for the memory of this machine.", "Bring a smaller one.")
    words = re.sub(r"\[ONNXRuntimeError\] : \d+ : \w+ : |Load model from \S+ failed:|/\S+\.(?:cc|h):\d+ ", "", words)
    return NetworkError(f"ONNX Runtime does not take this network: {' '.join(words.split())[:200]}", "Check the file with the program that wrote it.")
