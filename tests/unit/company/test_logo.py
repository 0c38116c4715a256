"""The logo: decoded, bounded and written anew; anything else refused."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from app.company.logo import LogoForPrint, LogoTooLarge, LogoTooSmall, LogoUnreadable, render_logo


def _file(picture: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "PNG"),
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("L", "JPEG"),
        ("RGB", "GIF"),
        ("RGB", "WEBP"),
        ("I;16", "PNG"),
    ],
)
def test_every_picture_becomes_a_plain_srgb_png(mode, kind):
    logo = Image.open(io.BytesIO(render_logo(_file(Image.new(mode, (40, 20)), kind))))
    assert (logo.format, logo.mode in {"RGB", "RGBA"}, logo.size) == ("PNG", True, (40, 20))
    assert "icc_profile" not in logo.info


def _png_of_sixteen_bits(kind: int, pixel: tuple[int, ...], clear: tuple[int, ...] = ()) -> bytes:
    """A PNG of 16 bits a channel, 20 x 20, all of one colour; Pillow itself writes only the greys."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"\0" + struct.pack(f">{len(pixel)}H", *pixel) * 20
    seen_through = chunk(b"tRNS", struct.pack(f">{len(clear)}H", *clear)) if clear else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 20, 20, 16, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + seen_through + chunk(b"IDAT", zlib.compress(row * 20)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "pixel", "clear", "expected"),
    [
        (0, (0x4000,), (), (64, 64, 64)),
        (0, (0xFFFF,), (), (255, 255, 255)),
        (0, (0,), (), (0, 0, 0)),
        (0, (0x4000,), (0x4000,), (64, 64, 64, 0)),
        (0, (0x4000,), (0x8000,), (64, 64, 64, 255)),
        (2, (0x4000, 0x8000, 0xFFFF), (), (64, 128, 255)),
        (2, (0x4000, 0x8000, 0xFFFF), (0x4000, 0x8000, 0xFFFF), (64, 128, 255, 0)),
        (4, (0x4000, 0x8000), (), (64, 64, 64, 128)),
        (6, (0x4000, 0x8000, 0xFFFF, 0x8000), (), (64, 128, 255, 128)),
    ],
)
def test_a_picture_of_sixteen_bits_a_channel_keeps_its_colours(kind, pixel, clear, expected):
    logo = Image.open(io.BytesIO(render_logo(_png_of_sixteen_bits(kind, pixel, clear))))
    assert logo.getpixel((5, 5)) == expected


def test_a_grey_ramp_of_sixteen_bits_stays_a_ramp():
    ramp = Image.new("I;16", (256, 20))
    for column in range(256):
        ramp.paste(column * 257, (column, 0, column + 1, 20))
    logo = Image.open(io.BytesIO(render_logo(_file(ramp, "PNG"))))
    assert [logo.getpixel((column, 3)) for column in range(256)] == [(grey, grey, grey) for grey in range(256)]


@pytest.mark.parametrize("size", [(1, 1), (15, 200), (200, 15)])
def test_a_picture_too_small_to_print_is_refused_with_its_size(size):
    with pytest.raises(LogoTooSmall, match=f"{size[0]} x {size[1]} pixels") as refused:
        render_logo(_file(Image.new("RGB", size), "PNG"))
    assert refused.value.field == "logo"


def test_transparency_stays():
    logo = Image.open(io.BytesIO(render_logo(_file(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG"))))
    assert logo.getpixel((5, 5))[3] == 0


def test_a_large_picture_is_made_smaller():
    logo = Image.open(io.BytesIO(render_logo(_file(Image.new("RGB", (3000, 1000)), "PNG"))))
    assert logo.size == (1200, 400)


def test_hidden_text_in_a_picture_is_left_out():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "secret-comment")
    content = _file(Image.new("RGB", (20, 20)), "PNG", pnginfo=notes)
    assert b"secret-comment" in content
    assert b"secret-comment" not in render_logo(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n broken",
        b"GIF89a",
        b"RIFF1234WEBP",
        b"BM" + b"\0" * 60,
    ],
)
def test_what_is_no_picture_we_decode_is_refused(content):
    with pytest.raises(LogoUnreadable):
        render_logo(content)


def test_a_picture_that_unpacks_to_too_many_pixels_is_refused_before_it_is_unpacked():
    bomb = _file(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 200_000
    with pytest.raises(LogoTooLarge):
        render_logo(bomb)


def test_a_file_of_more_than_two_megabytes_is_refused():
    with pytest.raises(LogoTooLarge):
        render_logo(b"\x89PNG\r\n\x1a\n" + b"\0" * 2_100_000)


def test_the_colours_of_a_printing_press_are_refused():
    written = io.BytesIO()
    Image.new("CMYK", (30, 20)).save(written, "JPEG")
    with pytest.raises(LogoForPrint, match="Save it as RGB") as refused:
        render_logo(written.getvalue())
    assert refused.value.field == "logo"
