"""Small pictures in every format that is read, and what they are meant to show: pictures/ and pictures.safetensors.

Pillow writes the files and reads them again: `rgb/FILE` is its convert("RGB") after exif_transpose, `grey/FILE` the
ITU-R 601 grey of that. Where Pillow does otherwise than Tandem promises (16 bits, values of a PNM that do not go to
255, the alpha of a TIFF), the expected pixels are the formula's. Run by Pillow 13.0.0 and NumPy:

    pip install pillow==13.0.0 numpy && python tests/golden/pictures.py
"""

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

import golden_file

HERE = Path(__file__).parent / "pictures"
EXPECTED = {}


def remember(name, rgb):
    rgb = np.ascontiguousarray(rgb, dtype=np.uint8)
    EXPECTED[f"rgb/{name}"] = rgb
    EXPECTED[f"grey/{name}"] = np.asarray(Image.fromarray(rgb).convert("L"))


def expect_as_pillow(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        remember(name, np.asarray(ImageOps.exif_transpose(Image.open(HERE / name)).convert("RGB")))


def save(name, image, **options):
    image.save(HERE / name, **options)
    expect_as_pillow(name)


def put(name, data, rgb=None):
    (HERE / name).write_bytes(data)
    expect_as_pillow(name) if rgb is None else remember(name, rgb)


def picture(height, width):
    """Smooth, with no symmetry, every channel another."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    y, x = y / max(1, height - 1), x / max(1, width - 1)
    return np.stack([40 + 170 * x, 60 + 120 * y, 200 - 90 * x * y], -1).round().astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(values, colour_type):
    """A PNG of 16 bits, whose colours Pillow does not write."""
    height, width = values.shape[:2]
    rows = values.astype(">u2").reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data, 9))
            + chunk(b"IEND", b""))


def segments(jpeg):
    """(marker, bytes) of the header of a JPEG; the last one goes to the end of the file."""
    at, found = 2, []
    while jpeg[at + 1] != 0xDA:
        length = struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        found.append((jpeg[at + 1], jpeg[at:at + 2 + length]))
        at += 2 + length
    return found + [(0xDA, jpeg[at:])]


def joined(parts):
    return b"\xff\xd8" + b"".join(data for _, data in parts)


def gray_rgb(gray):
    return np.repeat(gray[..., None], 3, -1)


def pngs(base, image):
    alpha = Image.fromarray((picture(12, 16)[..., 0] ^ 85).astype(np.uint8))
    palette = image.quantize(9)
    save("rgb.png", image)
    save("gray.png", image.convert("L"))
    save("bits1.png", image.convert("1"))
    save("alpha.png", Image.merge("RGBA", (*image.split(), alpha)))
    save("gray_alpha.png", Image.merge("LA", (image.convert("L"), alpha)))
    save("palette.png", palette)
    save("palette4.png", palette, bits=4)
    save("palette_transparent.png", palette, transparency=bytes([0, 128, 255]))
    save("rgb_transparent.png", image, transparency=tuple(int(v) for v in base[0, 0]))
    wide = base.astype(np.uint16) * 256 + 255 - base
    put("rgb16.png", png16(wide, 2), wide >> 8)
    put("gray16.png", png16(wide[..., 0], 0), gray_rgb(wide[..., 0] >> 8))
    put("alpha16.png", png16(np.concatenate([wide, wide[..., :1]], -1), 6), wide >> 8)


def jpegs(image):
    options = {"quality": 95, "subsampling": 0}
    save("rgb.jpg", image, **options)
    save("subsampled.jpg", image, quality=90, subsampling=2)
    save("gray.jpg", image.convert("L"), quality=95)
    save("progressive.jpg", image, progressive=True, **options)
    save("stored_as_rgb.jpg", image, keep_rgb=True, quality=95)
    save("cmyk.jpg", image.convert("CMYK"), **options)
    parts = segments((HERE / "cmyk.jpg").read_bytes())
    put("cmyk_without_adobe.jpg", joined([p for p in parts if p[0] != 0xEE]))
    # The last byte of Adobe's segment says how colours are coded: 2 is YCCK.
    put("ycck.jpg", joined([(m, d[:-1] + b"\2" if m == 0xEE else d) for m, d in parts]))


def orientations(image):
    for number in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = number
        save(f"orientation{number}.jpg", image, quality=95, subsampling=0, exif=exif)
    save("orientation6.png", image, exif=exif_of(6))
    save("orientation8.webp", image, lossless=True, exif=exif_of(8))
    save("orientation5.tif", image, exif=exif_of(5))


def exif_of(number):
    exif = Image.Exif()
    exif[0x112] = number
    return exif


def others(base, image):
    save("rgb.webp", image, lossless=True)
    save("lossy.webp", image, quality=90)
    save("alpha.webp", Image.open(HERE / "alpha.png"), lossless=True, exact=True)
    save("rgb.tif", image)
    save("lzw.tif", image, compression="tiff_lzw")
    save("deflate.tiff", image, compression="tiff_adobe_deflate")
    save("gray.tif", image.convert("L"))
    save("palette.tif", image.quantize(9))
    alpha = Image.open(HERE / "alpha.png")
    alpha.save(HERE / "alpha.tif")
    colours, share = np.split(np.asarray(alpha).astype(int), [3], -1)
    remember("alpha.tif", (colours * share + 127) // 255)
    wide = base[..., 0].astype(np.uint16) * 256 + 255
    Image.fromarray(wide).save(HERE / "gray16.tif")
    remember("gray16.tif", gray_rgb(wide >> 8))
    save("rgb.bmp", image)
    save("palette.bmp", image.quantize(9))
    save("gray.bmp", image.convert("L"))
    save("bits1.bmp", image.convert("1"))
    save("rgb.ppm", image)
    save("gray.pgm", image.convert("L"))
    save("bits1.pgm", image.convert("1"))
    scaled = (base[..., 1].astype(int) % 16 * 255 + 7) // 15
    rows = "\n".join(" ".join(str(v % 16) for v in row) for row in base[..., 1])
    put("text15.pgm", f"P2 # a comment\n16\t12\n# another\n15\n{rows}\n".encode(), gray_rgb(scaled))
    put("max15.pgm", b"P5 16 12 15\n" + (base[..., 1] % 16).tobytes(), gray_rgb(scaled))
    wide = base.astype(int) * 199 + 7
    put("max51000.ppm", b"P6 16 12 51000\n" + wide.astype(">u2").tobytes(), (wide * 255 + 25500) // 51000)


def odd_sizes():
    for height, width in [(1, 1), (1, 5000), (5000, 1)]:
        image = Image.fromarray(picture(height, width))
        for extension, options in {"jpg": {"quality": 95, "subsampling": 0}, "png": {}, "bmp": {}, "ppm": {},
                                   "webp": {"lossless": True}, "tif": {"compression": "tiff_lzw"}}.items():
            save(f"{height}x{width}.{extension}", image, **options)


def main():
    HERE.mkdir(exist_ok=True)
    for old in HERE.iterdir():
        old.unlink()
    base = picture(12, 16)
    image = Image.fromarray(base)
    pngs(base, image)
    jpegs(image)
    orientations(image)
    others(base, image)
    odd_sizes()
    golden_file.write(HERE.parent / "pictures.safetensors", EXPECTED)


main()
