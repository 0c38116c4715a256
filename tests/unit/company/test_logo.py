"""The logo: decoded, bounded and written anew; anything else refused."""

import io

import pytest
from PIL import Image, PngImagePlugin

from app.company.logo import LogoForPrint, LogoTooLarge, LogoUnreadable, render_logo


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


def test_transparency_stays():
    logo = Image.open(io.BytesIO(render_logo(_file(Image.new("RGBA", (10, 10), (255, 0, 0, 0)), "PNG"))))
    assert logo.getpixel((5, 5))[3] == 0


def test_a_large_picture_is_made_smaller():
    logo = Image.open(io.BytesIO(render_logo(_file(Image.new("RGB", (3000, 1000)), "PNG"))))
    assert logo.size == (1200, 400)


def test_hidden_text_in_a_picture_is_left_out():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "secret-comment")
    content = _file(Image.new("RGB", (10, 10)), "PNG", pnginfo=notes)
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
