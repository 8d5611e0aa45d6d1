"""``tercet serve``: the STAC API."""

import click

from stac_api.database import open_database
from stac_api.serving import address_of, listening
from stac_api.serving import serve as serve_until_stopped
from tercet.settings import load_settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is everywhere.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--root-path", default="", help="Path that a proxy shows the API under and cuts off, such as /stac.")
def serve(host: str, port: int, root_path: str) -> None:
    """Serve the catalog as a STAC API until Ctrl-C. The database goes on running."""
    settings = load_settings()
    with listening(host, port) as listener:
        database = open_database(settings)
        from stac_api.app import create_app  # noqa: PLC0415 - takes a second, which no other command should wait

        click.echo(f"{address_of(listener)} serves {database.label}; Ctrl-C stops it", err=True)
        serve_until_stopped(create_app(settings, database), listener, root_path=root_path.rstrip("/"))
