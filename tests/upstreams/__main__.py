"""``python -m tests.upstreams``: the three fake providers by hand, until Ctrl-C."""

import argparse
import threading
from contextlib import ExitStack

from tests.upstreams import carbon_mapper, earthcare, icesat2
from tests.upstreams.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plumes", type=int, default=2_000)
    parser.add_argument("--granules", type=int, default=5_000)
    parser.add_argument("--frames", type=int, default=3_000)
    parser.add_argument("--port-base", type=int, default=0, help="three ports from here on; 0 for any free ones")
    asked = parser.parse_args()
    providers = (
        ("TERCET_CARBON_MAPPER_URL", "/api/v1", carbon_mapper.app(carbon_mapper.Archive.generate(asked.plumes))),
        ("TERCET_CMR_URL", "", icesat2.app(icesat2.Archive.generate(asked.granules))),
        ("TERCET_MAAP_URL", "/catalogue/", earthcare.app(earthcare.Archive.generate(asked.frames))),
    )
    try:
        with ExitStack() as stack:
            for index, (variable, path, app) in enumerate(providers):
                port = asked.port_base + index if asked.port_base else 0
                print(f"export {variable}={stack.enter_context(serve(app, port=port))}{path}", flush=True)  # noqa: T201 - for people
            threading.Event().wait()
    except KeyboardInterrupt:
        print("stopped", flush=True)  # noqa: T201 - a program for people


if __name__ == "__main__":
    main()
