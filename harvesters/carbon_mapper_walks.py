"""How each of Carbon Mapper's products is walked, as a harvest asks for it."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from harvesters.base import Page, Selection, Window
from harvesters.carbon_mapper_cursor import LAG, Cursor, is_due
from harvesters.carbon_mapper_filters import Filters
from harvesters.carbon_mapper_parents import scene_files
from harvesters.carbon_mapper_plumes import LEVELS as PLUME_LEVELS
from harvesters.carbon_mapper_plumes import RestPlumes, plumes_among
from harvesters.carbon_mapper_query import queries, scene_queries
from harvesters.carbon_mapper_question import Wanted
from harvesters.carbon_mapper_scenes import LEVELS as SCENE_LEVELS
from harvesters.carbon_mapper_scenes import LOOK_BACK, SWEEP_EVERY, RestScenes
from harvesters.carbon_mapper_sources import all_sources, one_source
from harvesters.carbon_mapper_stac import Stac
from harvesters.carbon_mapper_surfaces import BothSurfaces
from harvesters.carbon_mapper_verify import Prober, plume_files
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher

log = logging.getLogger(__name__)

PLUMES, SCENES = "carbon-mapper-plumes", "carbon-mapper-scenes"


async def pages(
    fetcher: Fetcher, root: str, selection: Selection, page_size: int, now: datetime
) -> AsyncIterator[Page]:
    """Walk a product.

    Args:
        fetcher: for all requests, so that they share one rate.
        root: of the API, without a slash at the end.
        selection: what is asked for.
        page_size: of lists of plumes.
        now: decides whether all is to be listed again.

    Raises:
        ConfigError: the cursor is not one of ours, or there is no such source.
        RecordError: the geometry is none.
        UpstreamError: the provider did not answer as it documents, or ignored a filter.
    """
    if selection.options.get("verify-assets"):
        steps = _files(fetcher, root, selection)
    elif selection.options.get("source"):
        steps = _sources(fetcher, root, selection)
    elif selection.product == "plumes":
        steps = _plumes(fetcher, root, selection, page_size, now)
    elif selection.product == "scenes":
        steps = _scenes(fetcher, root, selection, now)
    else:
        steps = _all_sources(fetcher, root, selection)
    async for page in steps:
        yield page


def _plumes(fetcher: Fetcher, root: str, selection: Selection, page_size: int, now: datetime) -> AsyncIterator[Page]:
    cursor, url = Cursor.parse(selection.cursor), f"{root}/catalog/plumes/annotated"
    sweeps = selection.is_everything and is_due(selection, now)
    filters, lately = Filters.of(selection), cursor.rest - LAG if cursor.rest else None
    asked = queries(selection, url, filters.published_since or (None if sweeps else lately))
    rest = RestPlumes(fetcher, url, asked, page_size, reached=cursor.rest, recent_from=lately)
    stac = Stac(fetcher, f"{root}/stac", Wanted(PLUME_LEVELS, selection.window, filters))
    return BothSurfaces(selection, rest, stac, PLUMES, cursor, sweeps).pages()


def _scenes(fetcher: Fetcher, root: str, selection: Selection, now: datetime) -> AsyncIterator[Page]:
    cursor, url = Cursor.parse(selection.cursor), f"{root}/catalog/scenes/annotated"
    sweeps = selection.is_everything and is_due(selection, now, SWEEP_EVERY)
    filters = Filters.of(selection)
    asked = selection
    if selection.is_everything and not sweeps and cursor.rest:
        asked = replace(selection, window=Window(start=cursor.rest - LOOK_BACK))
    by_name = not selection.is_everything
    rest = RestScenes(fetcher, url, scene_queries(asked), filters, by_name, cursor.rest)
    stac = Stac(fetcher, f"{root}/stac", Wanted(SCENE_LEVELS, selection.window, filters))
    # REST does not say of which version a scene's rasters are, so that only STAC can name them
    return BothSurfaces(selection, rest, stac, SCENES, cursor, sweeps, rereads=True).pages()


async def _all_sources(fetcher: Fetcher, root: str, selection: Selection) -> AsyncIterator[Page]:
    yield await all_sources(fetcher, root, selection)


async def _sources(fetcher: Fetcher, root: str, selection: Selection) -> AsyncIterator[Page]:
    """Some sources by name, with their plumes; STAC adds what it knows of these plumes."""
    stac = Stac(fetcher, f"{root}/stac", Wanted(PLUME_LEVELS))
    for name in selection.options["source"]:
        page = await one_source(fetcher, root, name)
        yield page
        try:
            async for records in stac.named(plume["plume_id"] for plume in plumes_among(page.records)):
                yield Page(records)
        except UpstreamError as error:
            log.warning("Carbon Mapper's STAC API: %s. What REST knows is harvested", error)


async def _files(fetcher: Fetcher, root: str, selection: Selection) -> AsyncIterator[Page]:
    """The files of stored Items; sources have none."""
    prober = Prober(fetcher, root)
    if selection.product == "plumes":
        async for page in plume_files(prober, selection, PLUMES):
            yield page
    if selection.product == "scenes":
        stac = Stac(fetcher, f"{root}/stac", Wanted(SCENE_LEVELS))
        try:
            homes = await stac.collections()
        except UpstreamError as error:
            log.warning("Carbon Mapper's STAC API: %s. Versions are those of the plumes", error)
            homes = []
        async for page in scene_files(prober, selection, SCENES, PLUMES, homes):
            yield page
