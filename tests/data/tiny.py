"""A few rows of every data set that is read from files, in the layout of its source."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.io
from PIL import Image

from engine.data import DATASETS
from engine.data.celeba import ATTRIBUTES

LABELS = (1, 2, 1, 1, 102, 2, 1)  # of seven flowers


def encode(picture, picture_format):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format=picture_format)
    return buffer.getvalue()


def noise(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def write_parquet(path, pictures, columns, *, image="image", picture_format="PNG"):
    """Writes pictures, uint8 (N, H, W) or (N, H, W, 3), and columns the way the Hub stores them."""
    cells = [{"bytes": encode(picture, picture_format), "path": None} for picture in pictures]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({image: pa.array(cells, kind), **columns})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
    return path


def hub(mirror, name, *, columns=None, pictures=None):
    """Seven rows a split of a data set in Hub layout; columns and pictures of your own, if you like."""
    factory = DATASETS[name]
    source = factory.source
    for seed, split in enumerate(factory.stored):
        shape = source.size if source.channels == 1 else (*source.size, 3)
        shown = noise(seed, 7, *shape) if pictures is None else pictures
        if factory.classes:
            values = {source.columns[0]: np.arange(len(shown)) * 3 % len(factory.classes)}
        else:
            values = {column: noise(seed + k, len(shown)) > 127 for k, column in enumerate(source.columns)}
        path = mirror / source.repository / source.folder / f"{split}-00000-of-00001.parquet"
        write_parquet(path, shown, values | (columns or {}), image=source.image)
    return mirror / source.repository / source.folder


def celeba_hq(mirror, values=None):
    """Eight faces of 32 pixels; values -1 or 1, (8, 40). Returns the folder."""
    folder = mirror / "CelebAMask-HQ"
    (folder / "CelebA-HQ-img").mkdir(parents=True)
    values = np.where(noise(3, 8, 40) > 127, 1, -1) if values is None else values
    lines = [str(len(values)), f"{' '.join(ATTRIBUTES)} "]  # with the blank that ends the line in the authors' file
    for number, row in enumerate(values):
        picture = np.full((32, 32, 3), 20 * number, np.uint8)
        (folder / "CelebA-HQ-img" / f"{number}.jpg").write_bytes(encode(picture, "JPEG"))
        lines.append(f"{number}.jpg  {' '.join(f'{value:2d}' for value in row)}")
    (folder / "CelebAMask-HQ-attribute-anno.txt").write_text("\n".join(lines) + "\n")
    return folder


def flowers102(mirror, labels=LABELS, *, pictures="jpg"):
    """One photograph a label, of different sizes. Returns the folder."""
    folder = mirror / "flowers-102"
    (folder / pictures).mkdir(parents=True)
    scipy.io.savemat(folder / "imagelabels.mat", {"labels": np.array([labels], dtype=np.uint8)})
    for number in range(1, len(labels) + 1):
        picture = np.full((40 + number, 50, 3), 30 * number, np.uint8)
        (folder / pictures / f"image_{number:05d}.jpg").write_bytes(encode(picture, "JPEG"))
    return folder


def image_folder(folder, counts):
    """So many pictures a class, each class of its own grey. Returns the folder."""
    for place, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            picture_format = ("PNG", "JPEG")[number % 2]
            data = encode(np.full((30, 20 + number), 60 * place + number, np.uint8), picture_format)
            (folder / name / f"{number:02d}.{picture_format.lower()}").write_bytes(data)
    return folder


def make(mirror, name):
    """Puts a data set into the mirror if it is read from files."""
    if name == "celeba-hq":
        celeba_hq(mirror)
    elif name == "flowers102":
        flowers102(mirror)
    elif name == "folder":
        image_folder(mirror / "folder", {"cats": 5, "dogs": 4})
    elif hasattr(DATASETS[name], "source"):
        hub(mirror, name)
