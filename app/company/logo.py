"""Knows which pictures may become the logo: decoded, bounded, and written anew as a plain sRGB PNG."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from app.kernel.errors import BadInput

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MOST_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 16_000_000
LARGEST_SIDE = 1200  # 300 dots per inch at 10 cm
SMALLEST_SIDE = 16
_MAGIC = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"RIFF": "WEBP"}


class LogoTooLarge(BadInput):
    """The logo is larger than 2 MB or 16 million pixels. Save it smaller."""


class LogoTooSmall(BadInput):
    """The logo is {width} x {height} pixels; it prints from 16 x 16 on. Upload a larger picture."""


class LogoUnreadable(BadInput):
    """The logo cannot be read. Upload a PNG, JPEG, GIF or WebP; save vector files (SVG, PDF) as PNG first."""


class LogoForPrint(BadInput):
    """The logo is in CMYK, the colours of a printing press. Save it as RGB."""


def render_logo(content: bytes) -> bytes:
    """The picture as an sRGB PNG of at most 1200 pixels a side, without metadata.

    Only PNG, JPEG, GIF and WebP are decoded, by their first bytes and not by their name.
    """
    from PIL import Image

    if len(content) > MOST_BYTES:
        raise LogoTooLarge(field="logo")
    kind = next((name for magic, name in _MAGIC.items() if content.startswith(magic)), None)
    if kind is None:
        raise LogoUnreadable(field="logo")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[kind]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise LogoTooLarge(field="logo")
                if min(picture.size) < SMALLEST_SIDE:
                    raise LogoTooSmall(field="logo", width=picture.width, height=picture.height)
                if picture.mode == "CMYK":
                    raise LogoForPrint(field="logo")
                return _as_png(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise LogoTooLarge(field="logo") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError, MemoryError):
        raise LogoUnreadable(field="logo") from None


def _as_png(picture: Picture) -> bytes:
    from PIL import Image

    upright = _in_srgb(picture)
    upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    # A new picture carries neither text chunks nor a profile nor EXIF
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)
    written = io.BytesIO()
    clean.save(written, "PNG", optimize=True)
    return written.getvalue()


def _in_srgb(picture: Picture) -> Picture:
    from PIL import ImageCms, ImageOps

    picture.load()
    turned: Picture = ImageOps.exif_transpose(_in_eight_bits(picture))
    profile = turned.info.get("icc_profile")
    clear = turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info
    if profile and turned.mode == "RGB":
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(turned, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            turned = converted or turned
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile is left out; the colours are then taken as sRGB
    return turned.convert("RGBA" if clear else "RGB")


def _in_eight_bits(picture: Picture) -> Picture:
    """16 bits a channel as 8: Pillow cuts greys off at 255 (all white), and compares a clear colour unscaled."""
    clear = picture.info.get("transparency")
    scaled = picture
    if picture.mode.startswith("I"):
        scaled = picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
        if isinstance(clear, int):
            scaled.info["transparency"] = clear >> 8
    elif isinstance(clear, tuple) and max(clear) > 255:
        scaled.info["transparency"] = tuple(colour >> 8 for colour in clear)
    return scaled
