"""Small .npy files as NumPy writes them: arrays/. Their values are formulas, which the test knows too.

    .venv/bin/python tests/golden/arrays.py
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "arrays"


def counting(*shape):
    return (np.arange(np.prod(shape)) * 7 % 251).astype(np.uint8).reshape(shape)


def main():
    HERE.mkdir(exist_ok=True)
    np.save(HERE / "grey.npy", counting(4, 3, 5))
    np.save(HERE / "grey_labels.npy", np.array([3, 0, -1, 7], dtype=np.int16))
    np.save(HERE / "colour.npy", counting(3, 2, 5, 3))
    np.save(HERE / "seven.npy", counting(2, 2, 2, 7))
    np.save(HERE / "first.npy", counting(2, 3, 8, 8))
    np.save(HERE / "fortran.npy", np.asfortranarray(counting(3, 2, 5, 3)))
    np.save(HERE / "half.npy", np.zeros((2, 3, 3), dtype=np.float16))
    series = np.arange(24, dtype=np.float32).reshape(3, 4, 2) / 8 - 1
    np.save(HERE / "series.npy", series)
    np.save(HERE / "series64.npy", series[..., 0].astype(np.float64))
    series[1, 2, 0] = np.nan
    np.save(HERE / "with_nan.npy", series)
    np.save(HERE / "records.npy", np.zeros(2, dtype=[("a", "u1"), ("b", "f4")]))
    with (HERE / "version2.npy").open("wb") as file:
        np.lib.format.write_array(file, counting(2, 3, 3), version=(2, 0))
    np.save(HERE / "labels.npy", np.array([5, 2**40, 1], dtype=np.uint64))


main()
