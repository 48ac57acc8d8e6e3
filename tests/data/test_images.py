"""Image data: files that are what they say or are refused, and pictures of any kind as rows of one
kind."""

import functools
import gzip
import hashlib
import http.server
import os
import re
import struct
import threading
import time
import tracemalloc
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pooch
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import madkit as mk
from madkit.data import archives, idx

CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}
arrays = hnp.arrays(st.sampled_from(list(CODES)),
                    hnp.array_shapes(max_dims=4, min_side=0, max_side=5),
                    elements=st.integers(0, 127))


def encoded(array) -> bytes:
    """An array as an IDX file."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[array.dtype.name], array.ndim,
                         *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


# --- IDX ------------------------------------------------------------------------------------------


@given(arrays, st.sampled_from([bytes, gzip.compress]))
def test_an_array_comes_back_as_it_was_written(array, packed):
    back = idx.parse(packed(encoded(array)), "a.gz")
    assert back.dtype == array.dtype and back.shape == array.shape and np.array_equal(back, array)


@given(arrays, st.sampled_from([bytes, gzip.compress]))
def test_a_file_that_was_cut_short_anywhere_is_refused(array, packed):
    content = packed(encoded(array))
    for n in range(len(content)):
        with pytest.raises(ValueError, match="^a.gz: .*again$"):
            idx.parse(content[:n], "a.gz")


@given(arrays, st.binary(min_size=1, max_size=9))
def test_a_file_that_is_too_long_is_refused(array, more):
    with pytest.raises(ValueError, match=r"too long: the header says .* bytes in all, got \d+"):
        idx.parse(encoded(array) + more, "a")
    with pytest.raises(ValueError, match=r"too long: .* bytes in all, got more"):
        idx.parse(gzip.compress(encoded(array) + more), "a.gz")
    with pytest.raises(ValueError, match="too long|damaged gzip"):
        idx.parse(gzip.compress(encoded(array)) + b"\1" + more, "a.gz")


@given(st.integers(10, 60), st.integers(1, 255))
def test_a_changed_byte_within_gzip_is_noticed(place, change):
    content = bytearray(gzip.compress(encoded(np.arange(48, dtype=np.uint8).reshape(3, 4, 4)),
                                      mtime=0))
    content[place] ^= change
    with pytest.raises(ValueError, match="damaged gzip|cut short|too long"):
        idx.parse(bytes(content), "a.gz")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"\0\0\x0a\1\0\0\0\0",
                                     b"\0\0\x08\0", b"\1\0\x08\1\0\0\0\0"])
def test_a_foreign_file_is_refused(content):
    message = ("a: expected an IDX file, which begins with 0, 0, a kind of number (8, 9, 11, 12, "
               f"13, 14) and the number of axes; got {list(content[:4])}")
    with pytest.raises(ValueError, match=re.escape(message)):
        idx.parse(content, "a")


@pytest.mark.parametrize("shape", [(2**32 - 1,), (2**32 - 1,) * 3, (0, *(2**32 - 1,) * 3),
                                   (1,) * 200, (10**9,)])
@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_header_that_asks_for_too_much_is_refused_before_anything_is_made(shape, packed):
    content = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + bytes(10**6)
    tracemalloc.start()
    with pytest.raises(ValueError, match="^a: .*again$"):
        idx.parse(packed(content), "a")
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


@pytest.mark.parametrize("images, labels, message", [
    (np.zeros((3, 2, 2), np.uint8), np.zeros(4, np.uint8), "got 3 images and 4 labels; the two "
                                                           "files do not belong together"),
    (np.zeros(3, np.uint8), np.zeros(3, np.uint8), r"expected images, uint8 of shape \(n, h, w\), "
                                                   r"got uint8 of shape \(3,\)"),
    (np.zeros((3, 2, 2), np.float32), np.zeros(3, np.uint8), r"expected images, .* got float32 of "
                                                             r"shape \(3, 2, 2\)"),
    (np.zeros((3, 2, 2), np.uint8), np.zeros((3, 1), np.uint8), r"expected labels, .* got uint8 "
                                                                r"of shape \(3, 1\)"),
])
def test_images_and_labels_that_are_no_pair_are_refused(images, labels, message):
    with pytest.raises(ValueError, match=message):
        idx.pair(images, labels, "train")


# --- the published sets ---------------------------------------------------------------------------

PUBLISHED = Path(os.environ.get("MADKIT_DATA", "nowhere"))
published = pytest.mark.parametrize("make, folder, pixel", [
    (mk.data.mnist, "mnist", 33.318),
    (mk.data.fashion_mnist, "fashion-mnist", 72.940),
], ids=["mnist", "fashion_mnist"])


@published
def test_the_published_sets_are_read_in_a_second(make, folder, pixel):
    """Mean pixels of the training images: 0.13066 · 255 and 0.28604 · 255, by which they are
    commonly normalised."""
    if not (PUBLISHED / folder).is_dir():
        pytest.skip(f"no {folder}/ in MADKIT_DATA")
    start = time.process_time()
    truth = make()
    assert time.process_time() - start < 1
    assert (
        repr(truth) == f"{make.__name__}()"
        and truth.shape == (1, 28, 28)
        and (truth.rows, truth.held) == (60_000, 10_000)
    )
    assert truth.x.dtype == torch.uint8 and truth.x.float().mean().item() == pytest.approx(
        pixel, abs=1e-3
    )
    assert (
        sorted(truth.y.unique().tolist()) == list(range(10))
        and truth.test(20_000).y.bincount().min() >= 892
    )
    assert torch.equal(make(PUBLISHED / folder).real(50, 3).x, make(PUBLISHED).real(50, 3).x)


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """A published set of 30 training and 10 test images: its four files in a folder; elsewhere is
    nothing."""
    folder = tmp_path / "here" / "mnist"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, n in zip(archives.FILES, (30, 30, 10, 10), strict=True):
        shape = (n, 28, 28) if "images" in name else (n,)
        (folder / name).write_bytes(
            gzip.compress(encoded(rng.integers(0, 10, shape).astype(np.uint8)))
        )
    hashes = tuple(hashlib.sha256((folder / name).read_bytes()).hexdigest()
                   for name in archives.FILES)
    monkeypatch.setattr(archives, "MNIST", archives.Archive("mnist", "mnist", hashes,
                                                            ("http://127.0.0.1:9/",)))
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.delenv("MADKIT_DATA", raising=False)
    return folder


def test_training_images_are_the_sequence_and_test_images_the_test_rows(tiny):
    truth = mk.data.mnist(tiny)
    files = [torch.from_numpy(idx.read(tiny / name)).long() for name in archives.FILES]
    for rows, images, labels in ((truth.real(30, 5), *files[:2]), (truth.test(99, 5), *files[2:])):
        order = [int((images == row[0]).flatten(1).all(1).nonzero()) for row in rows.x]
        assert sorted(order) == list(range(len(images))) and order != sorted(order)
        assert torch.equal(rows.y, labels[order]) and rows.x.dtype == torch.uint8
    assert not torch.equal(truth.test(10, 5).x, truth.test(10, 6).x)
    assert torch.equal(truth.test(4, 5).x, truth.test(10, 5).x[:4])
    with pytest.raises(ValueError, match=r"has 30 rows for real and fresh data and 10 held out "
                                         r"for testing; ask for fewer rows$"):
        truth.fresh(25, 6)


def test_files_are_found_in_root_or_in_madkit_data_or_in_a_folder_therein(tiny, monkeypatch):
    expected = mk.data.mnist(tiny).real(30).x
    assert torch.equal(mk.data.mnist(str(tiny.parent)).real(30).x, expected)
    for place in (tiny, tiny.parent):
        monkeypatch.setenv("MADKIT_DATA", str(place))
        assert torch.equal(mk.data.mnist().real(30).x, expected)
    monkeypatch.setenv("MADKIT_DATA", "/does/not/exist")
    assert torch.equal(mk.data.mnist(tiny).real(30).x, expected)  # root comes first
    with pytest.raises(FileNotFoundError, match="mnist: MADKIT_DATA expected a folder, got "
                                                "'/does/not/exist'"):
        mk.data.mnist()


def test_what_is_missing_is_named(tiny, tmp_path):
    (tiny / archives.FILES[3]).unlink()
    with pytest.raises(FileNotFoundError, match=rf"here/mnist lacks {archives.FILES[3]}; put "
                                                r"train-images.*MADKIT_DATA"):
        mk.data.mnist(tiny)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"mnist: none of the four files is in .*empty or "
                                                r".*mnist; put .*mnist\(root="):
        mk.data.mnist(tmp_path / "empty")


@pytest.mark.parametrize("name", archives.FILES)
def test_a_local_file_with_another_content_is_refused_by_name(tiny, name):
    intact = (tiny / name).read_bytes()
    (tiny / name).write_bytes(intact[:-20])
    with pytest.raises(ValueError, match=f"mnist/{name}: damaged gzip"):
        mk.data.mnist(tiny)
    # another last pixel or label
    (tiny / name).write_bytes(gzip.compress(gzip.decompress(intact)[:-1] + b"\x0b"))
    with pytest.raises(ValueError, match=rf"mnist: .*mnist/{name} is not the published file: "
                                         r"expected SHA-256 \w+, got \w+"):
        mk.data.mnist(tiny)


def test_the_files_of_the_other_set_are_recognised(tiny, monkeypatch):
    monkeypatch.setattr(archives, "FASHION", archives.MNIST)
    monkeypatch.setattr(archives, "MNIST", replace(archives.MNIST, hashes=("0" * 64,) * 4))
    with pytest.raises(ValueError, match="it is the file of mnist; keep each in a folder of its "
                                         "own"):
        mk.data.mnist(tiny)


@pytest.fixture
def served(tmp_path):
    """A mirror: the address of a server for a folder, and the requests that it got."""
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            super().do_GET()

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                             functools.partial(Handler, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", requests
    server.shutdown()
    server.server_close()


def test_a_download_is_made_once_and_needs_no_network_after(tiny, served, monkeypatch, tmp_path,
                                                            capfd, caplog):
    address, requests = served
    mirrors = (f"{address}nothing/", f"{address}here/mnist/")
    monkeypatch.setattr(archives, "MNIST", replace(archives.MNIST, mirrors=mirrors))
    monkeypatch.setattr(pooch.get_logger(), "handlers", [caplog.handler])
    expected = mk.data.mnist(tiny).real(30).x
    # the first mirror has no such file, the second has
    assert torch.equal(mk.data.mnist().real(30).x, expected)
    out, err = capfd.readouterr()
    assert not out and "100%" in err and not caplog.records  # bars, and no words
    assert sorted(os.listdir(tmp_path / "cache" / "madkit" / "mnist")) == sorted(archives.FILES)
    seen = len(requests)
    assert seen == 5 and torch.equal(mk.data.mnist().real(30).x, expected) and len(requests) == seen


def test_a_damaged_download_is_refused_and_leaves_nothing(tiny, served, monkeypatch, tmp_path):
    monkeypatch.setattr(archives, "MNIST", replace(archives.MNIST,
                                                   mirrors=(f"{served[0]}here/mnist/",)))
    (tiny / archives.FILES[0]).write_bytes(b"a page of an advertiser")
    with pytest.raises(FileNotFoundError, match="no download .*here/mnist/: SHA256 hash .* does "
                                                "not match"):
        mk.data.mnist()
    assert not os.listdir(tmp_path / "cache" / "madkit" / "mnist")


def test_without_a_network_the_error_says_what_to_do(tiny):
    with pytest.raises(FileNotFoundError, match=r"no copy in .*madkit.mnist, and no download "
                                                r"\(http://127.0.0.1:9/: ") as error:
        mk.data.mnist()
    assert all(name in str(error.value) for name in (*archives.FILES, "mk.data.mnist(root=folder)",
                                                     "MADKIT_DATA", "in mnist/"))


def test_test_rows_must_be_like_the_others():
    x = torch.zeros(5, 1, 2, 2, dtype=torch.uint8)
    for test in (mk.Samples(x[:0]), mk.Samples(x.flatten(1)), mk.Samples(x.double()),
                 mk.Samples(x, torch.zeros(5))):
        with pytest.raises(ValueError, match=r"expected test rows like the others, of shape \(1, "
                                             r"2, 2\) and torch.uint8, with"):
            mk.data.Finite(x, None, test)
    with pytest.raises(ValueError, match=r"mine: test: expected finite numbers, .* in 1 of 2 rows "
                                         r"\(counted from 0: 1\)"):
        mk.data.Finite(torch.zeros(5, 1), None, mk.Samples(torch.tensor([[0.0], [float("nan")]])),
                       "mine")


# --- one's own pictures ---------------------------------------------------------------------------


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save(array, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


def rows(truth):
    """The rows in the order of the files."""
    return truth.x.numpy()


def test_pictures_of_the_right_size_are_taken_as_they_are_in_alphabetical_order(tmp_path):
    names = ["b/1.png", "a.bmp", "b/c/x.TIFF", "B.gif", "z.webp", "b/0.PNG"]
    pixels = {name: noise(8, 8, 3, seed=i) if name != "B.gif" else np.zeros((8, 8), np.uint8)
              for i, name in enumerate(names)}
    for name, array in pixels.items():
        save(array, tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    for name in ("notes.txt", "b/Thumbs.db", ".hidden.png", ".trash/old.png", "B.gif.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("no picture")
    truth = mk.data.images(tmp_path, 8)
    expected = [pixels[name] for name in ["B.gif", "a.bmp", "b/0.PNG", "b/1.png", "b/c/x.TIFF",
                                          "z.webp"]]
    expected[0] = np.zeros((8, 8, 3), np.uint8)
    assert np.array_equal(rows(truth), np.stack(expected).transpose(0, 3, 1, 2)) and truth.y is None
    assert (
        truth.x.dtype == torch.uint8
        and repr(truth) == f"images({tmp_path.name!r}, 8)"
        and truth.held == 2
    )


def test_the_card_says_how_many_pictures_were_scaled_and_cropped(tmp_path):
    for i, (height, width) in enumerate([(8, 8), (20, 8), (40, 40), (16, 30)]):
        save(noise(height, width, 3), tmp_path / f"{i}.png")
    assert dict(mk.data.images(tmp_path, 8).notes) == {
        "cropped": "2 of 4 pictures, to the square in the middle",
        "scaled": "2 of 4 pictures, squares of 16 to 40 pixels before"}


def test_grey_is_what_is_grey_whatever_the_file_says(tmp_path):
    grey = noise(8, 8)
    save(grey, tmp_path / "grey.png")
    save(np.stack([grey] * 3, -1), tmp_path / "rgb.png")
    Image.fromarray(grey).convert("P").save(tmp_path / "palette.png")
    save(grey.astype(np.uint16) * 257, tmp_path / "sixteen bits.png")
    Image.fromarray(grey > 127).save(tmp_path / "two.png")
    truth = mk.data.images(tmp_path, 8)
    two = np.where(grey > 127, 255, 0)
    assert np.array_equal(rows(truth)[:, 0], np.stack([grey, grey, grey, grey,
                                                       two])) and truth.shape == (1, 8, 8)
    save(np.full((8, 8, 3), (9, 9, 10), np.uint8), tmp_path / "z.png")
    assert mk.data.images(tmp_path, 8).shape == (3, 8, 8)


def test_what_is_transparent_is_on_white(tmp_path):
    """c over white at opacity a is a c + (1 − a) 255."""
    colour, alpha = noise(8, 8, 3), noise(8, 8, 1, seed=1)
    save(np.concatenate([colour, alpha], -1), tmp_path / "a.png")
    save(np.concatenate([colour[..., :1], alpha], -1), tmp_path / "b.png")
    palette = Image.fromarray(np.where(np.eye(8) > 0, 3, 5).astype(np.uint8)).convert("P")
    palette.save(tmp_path / "c.png", transparency=palette.getpixel((0, 0)))
    x = rows(mk.data.images(tmp_path, 8)).astype(float)
    a = alpha / 255
    assert np.abs(x[0] - (a * colour + (1 - a) * 255).transpose(2, 0, 1)).max() <= 1
    assert np.abs(x[1] - (a * colour[..., :1] + (1 - a) * 255).transpose(2, 0, 1)).max() <= 1
    assert np.array_equal(x[2], np.broadcast_to(np.where(np.eye(8) > 0, 255, 5), (3, 8, 8)))


def test_the_middle_is_kept_and_averaged(tmp_path):
    """Wide and tall: only the green square in the middle stays. Fine stripes become their mean, not
    a pattern of their own."""
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, :20, 0], wide[:, 20:40, 1], wide[:, 40:, 2] = 255, 255, 255
    save(wide, tmp_path / "wide.png")
    save(wide.transpose(1, 0, 2), tmp_path / "tall.png")
    save(np.broadcast_to(np.arange(64)[:, None, None] % 2 * 200, (64, 64, 3)).astype(np.uint8),
         tmp_path / "stripes.png")
    stripes, tall, broad = rows(mk.data.images(tmp_path, 5))
    for square in (tall, broad):
        assert np.array_equal(square, np.broadcast_to(np.array([0, 255, 0])[:, None, None],
                                                      (3, 5, 5)))
    assert np.abs(stripes[:, 1:4].astype(int) - 100).max() <= 2


@pytest.mark.parametrize("orientation, turned", [
    (1, lambda a: a), (2, np.fliplr), (3, lambda a: np.rot90(a, 2)), (4, np.flipud),
    (5, lambda a: a.T),
    (6, lambda a: np.rot90(a, -1)), (7, lambda a: np.rot90(a, 2).T), (8, np.rot90),
])
def test_pictures_are_turned_as_their_exif_says(tmp_path, orientation, turned):
    exif, array = Image.Exif(), noise(8, 8)
    exif[0x0112] = orientation
    for i in range(3):
        save(array, tmp_path / f"{i}.png", exif=exif)
    assert np.array_equal(rows(mk.data.images(tmp_path, 8))[0, 0], turned(array))


@pytest.mark.parametrize("size, grey_levels", [(32, 2.55), (300, 0.5)])
def test_large_photographs_are_as_if_decoded_whole(tmp_path, size, grey_levels):
    """JPEG is decoded at up to an eighth of its size where four pixels are left for one: within 1%
    of the range on average."""
    y, x = np.mgrid[:1500, :2000] / 100
    photo = np.stack([np.sin(x + y), np.cos(x), np.sin(y * x / 9)], -1) * 100 + 128
    for i in range(3):
        save(photo.astype(np.uint8), tmp_path / f"{i}.jpg", quality=95)
    middle = (
        Image.open(tmp_path / "0.jpg")
        .crop((250, 0, 1750, 1500))
        .resize((size, size), Image.Resampling.LANCZOS)
    )
    got = rows(mk.data.images(tmp_path, size))[0].astype(int)
    assert np.abs(got - np.asarray(middle).transpose(2, 0, 1)).mean() < grey_levels


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_sixteen_bits_are_as_bright_as_the_bits_they_hold(tmp_path, bits):
    """A 12-bit camera's white is 4,095 of 65,535."""
    grey = noise(8, 8)
    grey[0, 0] = 255
    deep = np.round(grey / 255 * (2**bits - 1)).astype(np.uint16)
    save(deep, tmp_path / "1.png")
    save(deep, tmp_path / "2.tiff")
    save(grey, tmp_path / "3.png")
    save(deep // 2, tmp_path / "4.png")  # a dark one stays dark
    truth = mk.data.images(tmp_path, 8)
    for row in rows(truth)[:3, 0]:
        assert np.abs(row.astype(int) - grey).max() <= (1 if bits < 16 else 0)
    assert np.abs(rows(truth)[3, 0] - grey / 2).max() <= 1
    assert ("white is 2^" in truth._repr_html_()) == (bits < 16)
    if bits == 12:
        assert rows(mk.data.images(tmp_path, 8, depth=16))[0].max() == 16
        with pytest.raises(ValueError, match="depth expected at least 12 bits, .* 4095, got 10"):
            mk.data.images(tmp_path, 8, depth=10)


@pytest.mark.parametrize("pixels, words", [
    (np.linspace(0, 1, 64, dtype=np.float32), "floating-point numbers from 0 to 1"),
    (np.arange(64, dtype=np.int32) * 10**6, "whole numbers from 0 to 63000000"),
    (np.arange(64, dtype=np.int32) - 5, "whole numbers from -5 to 58"),
])
def test_pixels_without_a_white_are_refused(tmp_path, pixels, words):
    for i in range(3):
        save(pixels.reshape(8, 8), tmp_path / f"{i}.tiff")
    with pytest.raises(ValueError, match=f"3 of 3 files cannot be read: .*{words}"):
        mk.data.images(tmp_path, 8)


def deep_colour(path, pixels):
    """A PNG of 16 bits a colour, which Pillow cannot write."""
    def chunk(kind, content):
        return (struct.pack(">I", len(content)) + kind + content
                + struct.pack(">I", zlib.crc32(kind + content)))

    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
        ">IIBBBBB", *pixels.shape[1::-1], 16, 2, 0, 0, 0)) + chunk(
            b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def test_colours_of_sixteen_bits_are_read_or_known_to_be_too_dark(tmp_path):
    colour = noise(8, 8, 3)
    for i in range(3):
        deep_colour(tmp_path / f"{i}.png", colour.astype(np.uint16) * 257)
    assert np.array_equal(rows(mk.data.images(tmp_path, 8))[0], colour.transpose(2, 0, 1))
    for i in range(3):
        deep_colour(tmp_path / f"{i}.png", colour.astype(np.uint16) * 16)
    with pytest.raises(ValueError, match="3 files with 16 bits a colour hold fewer"):
        mk.data.images(tmp_path, 8)


def test_what_was_done_and_passed_over_is_on_the_card(tmp_path):
    for i in range(3):
        save(noise(8, 8, 3, seed=i), tmp_path / f"{'ab'[i % 2]}/{i}.png")
    frames = [Image.fromarray(noise(8, 8, seed=i)) for i in range(2)]
    frames[0].save(tmp_path / "a" / "moving.gif", save_all=True, append_images=frames[1:])
    save(noise(8, 8, 4), tmp_path / "b" / "clear.png")
    for name in ("a/x.h5", "x.npz", "a/notes.txt", "__MACOSX/a/._0.png", "__MACOSX/0.png", ".DS"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\x89HDF\r\n\x1a\n")
    truth = mk.data.images(tmp_path, 8)
    assert truth.classes == ("a", "b") and len(truth.x) == 5
    for words in ("0 a (3), 1 b (2)", "several frames, the first taken", "put on white",
                  "3 other files (1 .h5, 1 .npz, 1 .txt)"):
        assert words in truth._repr_html_()
    save(noise(8, 8), tmp_path / "0.png")
    assert "not every picture lies in one" in mk.data.images(tmp_path, 8)._repr_html_()


def test_a_class_that_is_a_link_counts_and_a_folder_met_twice_is_refused(tmp_path):
    for name in ("here/ape/1.png", "here/ape/2.png", "there/1.png"):
        save(noise(8, 8), tmp_path / name)
    (tmp_path / "here" / "cat").symlink_to(tmp_path / "there")
    assert mk.data.images(tmp_path / "here", 8).y.tolist() == [0, 0, 1]
    (tmp_path / "here" / "ape" / "loop").symlink_to(tmp_path / "here")
    with pytest.raises(ValueError, match="expected every folder once, got .*here as .*loop"):
        mk.data.images(tmp_path / "here", 8)


def test_a_picture_of_too_many_pixels_says_so(tmp_path, monkeypatch):
    for i in range(3):
        save(noise(40, 40), tmp_path / f"{i}.jpg")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mk.data.images(tmp_path, 8).shape == (1, 8, 8)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(ValueError, match="0.jpg .0 megapixels, more than Pillow opens; make it"):
        mk.data.images(tmp_path, 8)


@pytest.mark.parametrize("names, labels", [
    (["dog/1.png", "cat/1.png", "cat/2.png", "ape/9.png"], [0, 1, 1, 2]),
    (["dog/1.png", "cat/1.png", "cat/2.png", "9.png"], None),
    (["dog/1.png", "cat/1.png", "cat/old/2.png"], None),
    (["dog/1.png", "dog/2.png", "dog/3.png"], None),
    (["1.png", "2.png", "3.png"], None),
])
def test_subfolders_are_labels_where_every_picture_lies_in_one(tmp_path, names, labels):
    (tmp_path / "empty").mkdir()
    for name in names:
        save(noise(4, 4), tmp_path / name)
    y = mk.data.images(tmp_path, 4).y
    assert (y if y is None else y.tolist()) == labels


def test_files_that_cannot_be_read_are_named(tmp_path):
    for i in range(9):
        save(noise(40, 40, 3), tmp_path / f"{i}.png")
    for i in range(1, 8):
        content = (tmp_path / f"{i}.png").read_bytes()
        (tmp_path / f"{i}.png").write_bytes([b"", b"words", content[:200], content[:-2000]][i % 4])
    with pytest.raises(ValueError, match=r"7 of 9 files cannot be read: .*1.png .*5.png \(.*\) "
                                         r"and 2 more; mend") as error:
        mk.data.images(tmp_path, 8)
    assert not re.search(r"[0678]\.png", str(error.value))


def test_folders_without_pictures_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="images: folder expected a folder of pictures, "
                                                "got '/does/not/exist'"):
        mk.data.images("/does/not/exist", 8)
    save(noise(4, 4), tmp_path / "1.png")
    with pytest.raises(ValueError, match=r"expected at least 3 pictures .* got 1; pictures are "
                                         r"known by the ends of their names"):
        mk.data.images(tmp_path, 8)
    (tmp_path / "2.png").symlink_to("nowhere.png")
    os.mkfifo(tmp_path / "3.png")
    with pytest.raises(ValueError, match="2 of 3 files cannot be read: .*2.png .not a file, or a "
                                         "link to none.*3.png .not a file"):
        mk.data.images(tmp_path, 8)
    with pytest.raises(FileNotFoundError, match="which is none; unpack it, or give the folder"):
        mk.data.images(tmp_path / "1.png", 8)
    with pytest.raises(ValueError, match="size expected rows that fit in memory, .* 90,000,000 GB"):
        mk.data.images(tmp_path, 10**8)
    with pytest.raises(TypeError, match="images: folder: expected the path"):
        mk.data.images(5, 8)
    with pytest.raises(ValueError, match="images: size: expected a whole number ≥ 1, got 0"):
        mk.data.images(tmp_path, 0)
    with pytest.raises(ValueError, match="images: test: expected a share .* got 2"):
        mk.data.images(tmp_path, 8, test=2)
