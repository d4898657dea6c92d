"""A linear probe by its definition, in NumPy and float64: linear_reference.py FOLDER ROWS WIDTH CLASSES BATCH EPOCHS LR.

Reads FOLDER's features (float64), labels and epochs' orders (int64) and first weights (float64), all bare values, and
writes the weights and biases after the last epoch to FOLDER/trained. Softmax and cross-entropy averaged over the batch;
SGD as PyTorch defines it (g = gradient + decay w, v = momentum v + g, w = w - rate v) with momentum 0.9 and decay 1e-6;
the rate of epoch e of E is LR (1 + cos(pi e / E)) / 2, as the official Barlow Twins' evaluate.py has it.
"""

import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])
rows, width, classes, batch, epochs = map(int, sys.argv[2:7])
lr = float(sys.argv[7])
x = np.fromfile(folder / "features", np.float64).reshape(rows, width)
y = np.fromfile(folder / "labels", np.int64)
orders = np.fromfile(folder / "orders", np.int64).reshape(epochs, rows)
w = np.fromfile(folder / "first", np.float64).reshape(classes, width)
b = np.zeros(classes)
vw, vb = np.zeros_like(w), np.zeros_like(b)
for epoch in range(epochs):
    rate = lr * (1 + np.cos(np.pi * epoch / epochs)) / 2
    for begin in range(0, rows, batch):
        at = orders[epoch, begin : begin + batch]
        z = x[at] @ w.T + b
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        g = (p - np.eye(classes)[y[at]]) / len(at)
        vw = 0.9 * vw + g.T @ x[at] + 1e-6 * w
        vb = 0.9 * vb + g.sum(0) + 1e-6 * b
        w = w - rate * vw
        b = b - rate * vb
np.concatenate([w.ravel(), b]).tofile(folder / "trained")
