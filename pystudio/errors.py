"""What a person is told when something they gave cannot be used. No error is handled here, only worded."""

__all__ = ["ImageError", "LabelError", "NetworkError", "StudioError"]


class StudioError(ValueError):
    """Something a person gave cannot be used.

    Parameters
    ----------
    message : str
        One plain sentence: what was wrong, with which file or value.
    remedy : str, optional
        One plain sentence: what to do about it.

    Examples
    --------
    >>> error = StudioError("The tolerance is -3.", "Give a number from 0 to 442.")
    >>> error.remedy
    'Give a number from 0 to 442.'
    >>> print(error)
    The tolerance is -3. Give a number from 0 to 442.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()


class ImageError(StudioError):
    """A picture cannot be read, or is not of the shape it must have."""


class LabelError(StudioError):
    """A label image, an id or a class name does not belong to its label set."""


class NetworkError(StudioError):
    """A network, its recipe, its file or what it answered cannot be used."""
