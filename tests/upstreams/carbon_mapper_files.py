"""The fake's asset gateway: files for those who log in, and 404 for those that are not there.

Most files are empty; those that a test stores are answered by range, or from storage by a signed address.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.upstreams.carbon_mapper_archive import Archive
from tests.upstreams.carbon_mapper_columns import VERSIONS
from tests.upstreams.carbon_mapper_features import TYPES, files
from tests.upstreams.carbon_mapper_plume import Plume, path
from tests.upstreams.carbon_mapper_requests import RefusedError, check_token

LENGTH = 4096


class Files:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def routes(self, at: str) -> list[Route]:
        return [Route(f"{at}/catalog/asset/{{path:path}}", self.file)]

    async def file(self, request: Request) -> Response:
        check_token(request, self._archive, is_needed=True)
        where = request.path_params["path"]
        if where in self._archive.hidden:
            raise RefusedError(403, {"detail": "You do not have permission to perform this action."})
        if where in self._archive.stored:
            return await self._archive.stored[where].answer(request)
        if where in self._archive.storage.files:
            return self._archive.storage.sign(where)
        if not self._is_there(where):
            raise RefusedError(404, {"detail": "Not Found"})
        media_type = TYPES[where.rpartition(".")[2]]
        if request.headers.get("Range") == "bytes=0-1":
            return Response(b"II", 206, {"Content-Range": f"bytes 0-1/{LENGTH}"}, media_type)
        return Response(bytes(LENGTH), media_type=media_type)

    def _is_there(self, where: str) -> bool:
        collection, *_, item, _ = where.split("/")
        index = self._archive.index_of(item)
        if index is None:
            return self._is_of_scene(collection, item, where)
        plume = Plume(self._archive, index)
        kinds = {plume.homes.vis: "vis", plume.homes.ime: "ime"}
        if collection not in kinds:
            return False
        keys = files(kinds[collection], collection, plume.processing)
        return where in {path(item, collection, key) for key in keys}

    def _is_of_scene(self, collection: str, item: str, where: str) -> bool:
        """The rasters of a scene are of the version before that of its plumes."""
        index = next((index for part in "A1" if (index := self._archive.index_of(f"{item}-{part}")) is not None), None)
        if index is None:
            return False
        plume = Plume(self._archive, index)
        version = max(plume.processing - 1, 0)
        kind = "mfal" if plume.gas == "CO2" else plume.cmf
        if collection != f"l2b-{plume.gas.lower()}-{kind}-{VERSIONS[version][1]}":
            return False
        return where in {path(item, collection, key) for key in files("l2b", collection, version)}
