"""The Python side of step.py: training steps on random pictures with the seed's learner, or with lightly's heads and
losses behind torchvision's ResNet-18 (3 × 3 stem). Started by step.py, which asks it a line of JSON at a time; a learner
goes on where it was until another one, or other settings, are asked for. In bfloat16 the whole forward pass, the loss
in it, is autocast, as a loop around such a learner has it.

    python peer_step.py
"""
import contextlib
import copy
import time

import torch
from torch import nn

from turns import reason, serve, status_bytes


def resnet18():
    from torchvision.models import resnet
    network = resnet.resnet18()
    network.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    network.maxpool = network.fc = nn.Identity()
    return network


class Lightly(nn.Module):
    """An encoder and heads of lightly, both directions where there is a predictor; the target moves where there is one."""

    def __init__(self, projector, predictor, criterion, kept=None):
        super().__init__()
        self.online = nn.Sequential(resnet18(), projector)
        self.predictor, self.criterion, self.kept = predictor, criterion, kept
        self.target = None if kept is None else copy.deepcopy(self.online).requires_grad_(False)

    def forward(self, *views):
        z = [self.online(view) for view in views]
        if self.predictor is None:
            return self.criterion(*z)
        p = [self.predictor(one) for one in z]
        first, second = (one.detach() for one in z) if self.target is None else (self.target(view) for view in views)
        return 0.5 * (self.criterion(p[0], second) + self.criterion(p[1], first))

    def after_step(self):
        if self.target is not None:
            from lightly.models.utils import update_momentum
            update_momentum(self.online, self.target, self.kept)


def seed(width):
    from seed_loop import Learner
    return Learner(width)


def barlow_twins(width):
    from lightly import loss
    from lightly.models.modules import heads
    return Lightly(heads.BarlowTwinsProjectionHead(512, width, width), None, loss.BarlowTwinsLoss(lambda_param=3.9e-3))


def byol(_):
    from lightly import loss
    from lightly.models.modules import heads
    return Lightly(heads.BYOLProjectionHead(512, 1024, 256), heads.BYOLPredictionHead(256, 1024, 256),
                   loss.NegativeCosineSimilarity(), kept=0.99)


def simsiam(width):
    from lightly import loss
    from lightly.models.modules import heads
    return Lightly(heads.SimSiamProjectionHead(512, width, width), heads.SimSiamPredictionHead(width, 512, width),
                   loss.NegativeCosineSimilarity())


LEARNERS = {"seed": seed, "barlow_twins": barlow_twins, "byol": byol, "simsiam": simsiam}


def make_optimizer(name, parameters, fused):
    if name == "adam":
        return torch.optim.Adam(parameters, lr=0.001, fused=fused or None)
    return torch.optim.SGD(parameters, lr=0.06, momentum=0.9, weight_decay=5e-4, fused=fused or None)


class Training:
    def __init__(self, learner, width, batch, optimizer, channels_last, fused, bf16, compile):
        torch.manual_seed(0)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.learner = LEARNERS[learner](width).to(memory_format=layout)
        self.views = [torch.randn(batch, 3, 32, 32).to(memory_format=layout) for _ in range(2)]
        self.parameters = [p for p in self.learner.parameters() if p.requires_grad]
        self.optimizer = make_optimizer(optimizer, self.parameters, fused)
        self.bf16 = bf16
        if compile:
            torch.compiler.reset()  # else a second batch size makes sizes variable, and the code slower
        self.forward = torch.compile(self.learner) if compile else self.learner

    def step(self):
        with torch.autocast("cpu", torch.bfloat16) if self.bf16 else contextlib.nullcontext():
            loss = self.forward(*self.views)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if isinstance(self.learner, Lightly):
            self.learner.after_step()


class Last:
    """The training that was asked for last."""

    def __init__(self):
        self.key = self.training = None
        self.default_threads = torch.get_num_threads()

    def measured_or_told(self, **question):
        """torch.compile needs a C++ compiler, and may fail in other ways: that is an answer, all else an error."""
        try:
            return self.measure(**question)
        except Exception as error:
            if not question.get("compile"):
                raise
            self.key = self.training = None
            return {"failed": reason(error)}

    def measure(self, learner, steps, warmup, batch, width=2048, optimizer="adam", threads=0, channels_last=False,
                fused=False, bf16=False, compile=False):
        torch.set_num_threads(threads or self.default_threads)
        key = (learner, width, batch, optimizer, channels_last, fused, bf16, compile)
        if key != self.key:
            self.key = self.training = None  # its memory is free before the next one is made
            self.training, self.key = Training(*key), key
        seconds = []
        for _ in range(warmup + steps):
            begin = time.perf_counter()
            self.training.step()
            seconds.append(time.perf_counter() - begin)
        return {"seconds": seconds[warmup:], "threads": torch.get_num_threads(), "peak_bytes": status_bytes("VmHWM"),
                "parameters": sum(p.numel() for p in self.training.parameters)}


if __name__ == "__main__":
    serve(Last().measured_or_told)
