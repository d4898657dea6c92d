"""The Python side of loss.py: forward and backward of the Barlow Twins loss on random embeddings, by lightly's module or
by the formula of the paper (Zbontar et al., 2021: C = bn(z1)ᵀ bn(z2) / N, its diagonal towards 1, the rest towards 0).
Started by loss.py, which asks it a line of JSON at a time.

    python peer_loss.py lightly|official BATCH DIM
"""
import sys
import time

import torch
from torch import nn

from turns import serve, status_bytes

LAMBDA = 0.0051


class Official(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.normalise = nn.BatchNorm1d(width, affine=False)

    def forward(self, first, second):
        batch, width = first.shape
        c = (self.normalise(first).T @ self.normalise(second)).div_(batch)
        # Behind C's first element a row of D others and one of the diagonal alternate.
        others = c.flatten()[1:].view(width - 1, width + 1)[:, :-1]
        return (torch.diagonal(c) - 1).square().sum() + LAMBDA * others.square().sum()


def make(side, width):
    if side == "official":
        return Official(width)
    from lightly.loss import BarlowTwinsLoss
    return BarlowTwinsLoss(lambda_param=LAMBDA)


class Loss:
    """Its growth is that of resident memory in the first pass, above embeddings that exist already."""

    def __init__(self, side, batch, width):
        torch.manual_seed(0)
        self.pass_through(make(side, 4), [torch.randn(4, 4, requires_grad=True) for _ in range(2)])  # loads what is lazy
        self.loss = make(side, width)
        self.compiled = None
        self.views = [torch.randn(batch, width, requires_grad=True) for _ in range(2)]
        before = status_bytes("VmRSS")
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # the kernel's high-water mark starts anew
        self.pass_through(self.loss, self.views)
        self.growth = status_bytes("VmHWM") - before

    @staticmethod
    def pass_through(loss, views):
        for view in views:
            view.grad = None
        loss(*views).backward()

    def measure(self, seconds, threads=0, compile=False):
        """At least two passes, in so many seconds."""
        if threads:
            torch.set_num_threads(threads)
        if compile and self.compiled is None:
            self.compiled = torch.compile(self.loss)
            self.pass_through(self.compiled, self.views)
        loss, taken = self.compiled if compile else self.loss, []
        while len(taken) < 2 or sum(taken) < seconds:
            begin = time.perf_counter()
            self.pass_through(loss, self.views)
            taken.append(time.perf_counter() - begin)
        return {"seconds": taken, "peak_bytes": None if compile else self.growth, "threads": torch.get_num_threads()}


if __name__ == "__main__":
    serve(Loss(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).measure)
