"""The commands of `python -m nn`: what they take, read, do and write."""


class UnfinishedError(Exception):
    """A command that broke off: the message is one line for stderr.

    Attributes:
        status: the exit status of the program.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
