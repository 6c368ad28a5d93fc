"""Decoders for the page: light ones as ONNX files under names that tell nothing, and the runtime that draws with them.

Starlette(routes=[*canvas_routes(lookup), *CatalogueDecoders(lookup).routes()])     # named by their content
Starlette(routes=[*canvas_routes(lookup), *onnx_routes(model_of_name, files)])      # by names of one's own
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from apps.answers import UNCACHED, answered, said
from apps.canvas import FOLDER
from apps.refusals import UnknownModelError
from engine.checkpoints.onnx_cache import OnnxFiles, default_files, onnx_key
from engine.checkpoints.onnx_decoder import OnnxExportError

VENDOR = FOLDER / "vendor"
MEDIA = {".mjs": "text/javascript", ".wasm": "application/wasm"}
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
RETRY_S = 2


def onnx_routes(lookup: Callable[[str], Any], files: OnnxFiles, *, prefix: str = "/canvas") -> list[BaseRoute]:
    """GET onnx/<name>: 200 with the file, 202 while it is made, 404 where the server draws; GET vendor/<path>.

    Args:
        lookup: From an opaque name to a loaded model; raises UnknownModelError for a name that is not given out. A name
            always means the same file: browsers keep it.
        files: Where the files come from.
        prefix: Path of the canvas on this server.
    """

    async def decoder(request: Request) -> Response:
        name = request.path_params["name"]
        return await answered(lambda: _decoder(request, name, lookup, files))

    async def vendor(request: Request) -> Response:
        return await answered(lambda: _vendored(request, request.path_params["path"]))

    return [
        Route(f"{prefix}/onnx/{{name}}", decoder, methods=["GET"]),
        Route(f"{prefix}/vendor/{{path:path}}", vendor, methods=["GET"]),
    ]


class CatalogueDecoders:
    """The explorer's names: the hash of what a file is made of, known before the file is.

    Args:
        lookup: From a model's id to the loaded model; raises UnknownModelError for what visitors may not reach.
        files: Where the files come from; by default the cache folder's.
    """

    def __init__(self, lookup: Callable[[str], Any], files: OnnxFiles | None = None) -> None:
        self._lookup, self.files = lookup, files or default_files()
        self._ids: dict[str, str] = {}

    def name(self, id: str) -> str | None:
        """The name of a model's file; None for one without a checkpoint, which the server draws."""
        model = self._lookup(id)
        card = getattr(model, "card", None)
        if card is None:
            return None
        key = onnx_key(card)
        self._ids[key] = id
        return key

    def model(self, name: str) -> Any:  # noqa: ANN401 - a LoadedDecoder
        """The model of a name that was given out and still means the same file.

        Raises:
            UnknownModelError: If there is none.
        """
        id = self._ids.get(name)
        model = None if id is None else self._lookup(id)
        if model is None or onnx_key(model.card) != name:
            raise UnknownModelError("No decoder has this name (any more); ask for the model's name again.")
        return model

    def routes(self, *, prefix: str = "/canvas") -> list[BaseRoute]:
        """Those of `onnx_routes`, and GET onnx-name/<model> with {name} or, where the server draws, {name: null}."""

        async def name(request: Request) -> Response:
            return await answered(lambda: {"name": self.name(request.path_params["model"])})

        own = Route(f"{prefix}/onnx-name/{{model:path}}", name, methods=["GET"])
        return [*onnx_routes(self.model, self.files, prefix=prefix), own]


def _decoder(request: Request, name: str, lookup: Callable[[str], Any], files: OnnxFiles) -> Response:
    try:
        packed = files.get(lookup(name))
    except OnnxExportError:  # its reason names the model, which the name must not tell
        return said(404, "The server draws this model.")
    if packed is None:
        headers = UNCACHED | {"Retry-After": str(RETRY_S)}
        return JSONResponse({"wait": "The decoder is being made."}, status_code=202, headers=headers)
    return _sent(request, packed, "application/octet-stream", name)


def _vendored(request: Request, path: str) -> Response:
    found = _vendor_files().get(path)
    if found is None:
        raise UnknownModelError(f"The canvas has no file {path[:80]!r}.")
    media, packed = found
    return _sent(request, packed, media, path)


def _sent(request: Request, packed: bytes, media_type: str, name: str) -> Response:
    """A gzipped file as it is, to be kept for good; unpacked for the few who cannot."""
    takes = "gzip" in request.headers.get("accept-encoding", "")
    headers = {**FOREVER, "ETag": f'"{name}{"" if takes else "-plain"}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if not takes:
        return Response(gzip.decompress(packed), headers=headers, media_type=media_type)
    return Response(packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=media_type)


@cache
def _vendor_files() -> dict[str, tuple[str, bytes]]:
    """Media type and gzipped content of each vendored file, by its path without `.gz`: four megabytes in all."""
    found = {}
    for path in sorted(VENDOR.rglob("*")):
        plain = path.with_suffix("") if path.suffix == ".gz" else path
        if plain.suffix in MEDIA:
            content = path.read_bytes()
            packed = content if path.suffix == ".gz" else gzip.compress(content, mtime=0)
            found[plain.relative_to(VENDOR).as_posix()] = (MEDIA[plain.suffix], packed)
    return found
