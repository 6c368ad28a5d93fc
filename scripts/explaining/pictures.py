"""The pictures of a folder: which files, in which order, read within bounds, and what their results are called."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from engine.data.picture_file import FORMATS, Fit, Invert, PictureError, Prepared, read_picture
from engine.interfaces import Space

MAX_FILE_BYTES = 64 * 2**20
_FILMS = ("GIF", "PNG", "WEBP")  # phones put a small copy into a JPEG, scanners several pages into a TIFF


@dataclass(frozen=True)
class Found:
    """Files below a folder, as paths relative to it with forward slashes, sorted.

    Attributes:
        pictures: Those named like pictures.
        others: The others, which are left out.
    """

    pictures: tuple[str, ...]
    others: tuple[str, ...]


def look(folder: Path, *, recursive: bool, apart: Path) -> Found:
    """Lists a folder's files; hidden ones are ignored.

    Args:
        folder: Where they lie.
        recursive: Also those in folders below.
        apart: A folder that is passed by: where results go.

    Raises:
        OSError: If it cannot be read.
    """
    apart = apart.resolve()
    names = []
    for path in folder.rglob("*") if recursive else folder.iterdir():
        inside = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if not hidden and apart not in path.resolve().parents and path.is_file():
            names.append(inside.as_posix())
    endings = _endings()
    able = [name for name in sorted(names) if Path(name).suffix.lower() in endings]
    return Found(tuple(able), tuple(sorted(set(names) - set(able))))


def read(path: Path) -> bytes:
    """A file's content.

    Raises:
        PictureError: If it is too large to be a picture worth explaining.
        OSError: If it cannot be read.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES / 2**20
        raise PictureError(f"The file has {size / 2**20:.0f} MB; at most {limit:.0f} are read. Save it smaller.")
    return path.read_bytes()


def prepare(data: bytes, space: Space, *, fit: Fit, invert: Invert) -> Prepared:
    """A file's content as a picture of the classifier's space.

    Raises:
        PictureError: If it is no picture, too large, damaged, or a film.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's words about large and odd files; what stops us is an error
        prepared = read_picture(data, space, fit=fit, invert=invert)
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.format in _FILMS and getattr(picture, "is_animated", False):
                raise PictureError("The file is an animation. Save the picture to explain as a file of its own.")
    return prepared


def printable(name: str) -> str:
    """A file's name for the eye: bytes that are no text, and what would steer a terminal, become question marks."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _endings() -> frozenset[str]:
    from PIL import Image

    Image.init()
    return frozenset(ending for ending, kind in Image.registered_extensions().items() if kind in FORMATS)
