"""A refusal to start, said in one sentence at the terminal."""

EXIT_REFUSED = 2
"""Bad settings, a taken port, a data folder in use or not usable."""

EXIT_FAILED = 4
"""A part of the installation ended and could not be brought back."""


class LaunchError(Exception):
    """Starting is refused or failed; the text is a whole sentence, `exit_status` the status of the command."""

    def __init__(self, sentence: str, exit_status: int = EXIT_REFUSED) -> None:
        super().__init__(sentence)
        self.exit_status = exit_status
