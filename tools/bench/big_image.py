"""The image that is pulled: 3 layers, 15,000 files, about 300 MB compressed, the same on every machine."""

import io
import os
import random
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor

import images

VERSION = 1  # part of the cache's name: another recipe is another image
LAYERS = 3
FILES = 15_000
RANDOM_BYTES = 185_000_000  # cannot be compressed
TEXT_BYTES = 240_000_000    # shrinks to about a half
TAG = "big"


def _text(chooser):
    """A megabyte of words, from which files take pieces."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chooser.choices(letters, k=chooser.randint(2, 11))) for _ in range(4000)]
    often = [i * i for i in range(1, 4001)]
    return " ".join(chooser.choices(words, cum_weights=often, k=160_000)).encode()


def _sizes(chooser, count, total):
    """Many small files and few large ones, `total` bytes together."""
    weights = [chooser.lognormvariate(0, 1.6) for _ in range(count)]
    scale = total / sum(weights)
    return [int(weight * scale) for weight in weights]


def _layer(number):
    chooser = random.Random(f"stave bench {VERSION} layer {number}")
    text = _text(chooser)
    count = FILES // LAYERS
    sizes = zip(_sizes(chooser, count, RANDOM_BYTES // LAYERS), _sizes(chooser, count, TEXT_BYTES // LAYERS))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for i, (noise, words) in enumerate(sizes):
            if i % 50 == 0:
                _add(archive, f"layer{number}/dir{i // 50}", None)
            start = chooser.randrange(len(text))
            piece = (text[start:] + text * (words // len(text) + 1))[:words]
            _add(archive, f"layer{number}/dir{i // 50}/file{i}", chooser.randbytes(noise) + piece)
    return buffer.getvalue()


def _add(archive, name, content):
    info = tarfile.TarInfo(name)
    info.mtime = 1_700_000_000
    info.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
    info.mode = 0o755 if content is None else 0o644
    info.size = len(content or b"")
    archive.addfile(info, io.BytesIO(content or b""))


def layout(cache):
    """The path of an OCI layout with the tag TAG; made at the first call."""
    path = os.path.join(cache, f"image-{VERSION}")
    if os.path.exists(os.path.join(path, "complete")):
        return path
    print("== making the image to pull (once, about a minute)", flush=True)
    shutil.rmtree(path, ignore_errors=True)
    made = images.Layout(path)
    with ThreadPoolExecutor(2) as pool:
        made.add(TAG, list(pool.map(_layer, range(LAYERS))))
    with open(os.path.join(path, "complete"), "w"):
        pass
    return path


def compressed_size(path):
    blobs = os.path.join(path, "blobs", "sha256")
    return sum(os.path.getsize(os.path.join(blobs, name)) for name in os.listdir(blobs))
