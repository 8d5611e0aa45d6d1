"""``tercet``, and ``python -m tercet``."""

import sys


def run() -> None:
    """Run the command line; Ctrl-C ends it without a traceback from its first moment on, when it is still read."""
    try:
        from tercet.cli import main  # noqa: PLC0415 - what takes its time

        main(prog_name="tercet")
    except KeyboardInterrupt:
        sys.exit(1)


if __name__ == "__main__":
    run()
