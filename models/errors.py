"""The one error of this package: what was wrong with which file or node, and what to do about it."""


class ModelError(ValueError):
    """A network that cannot be found, converted or proven.

    Parameters
    ----------
    message : str
        One plain sentence: what was wrong with which file, node or value.
    remedy : str
        One plain sentence: what to do.
    """

    def __init__(self, message, remedy):
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy
