"""Models that the TorchScript backbone is tested with, and what Python sees at each of their layers.

    models.py FOLDER          writes NAME.pt (scripted, float64) and NAME.safetensors for each, and the broken files
    models.py FOLDER NAME…    writes NAME.pt alone, in float32

NAME.safetensors holds `input`; for each mode (eval, train) and tap `MODE/output/TAP`; in training mode the gradients of
sum(output · cotangent) as `gradient/TAP/PARAMETER` and the buffers after one step forward as `state/TAP/BUFFER`.
"""

import sys
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor, nn

from networks import Block, ResNet, Vgg, ViT, modal_layers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))
import golden_file  # noqa: E402


class Reused(nn.Module):
    """One block three times, weights shared under two names, a count that forward keeps in a buffer, a default argument."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 2, 1)
        self.block = nn.Sequential(nn.Conv2d(4, 4, 3, 1, 1), nn.BatchNorm2d(4), nn.ReLU())
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)
        self.second.weight = self.first.weight
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor, scale: float = 0.5) -> Tensor:
        self.calls = self.calls + 1
        x = self.stem(x) * scale
        for _ in range(1):
            x = x + 1
        x = self.block(self.block(x))
        x = self.block(x).mean((2, 3))
        return self.second(self.first(x))


class Hidden(nn.Module):
    """Layers that cannot be cut at: in a loop, in a condition, without gradients, never called, of several outputs."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.looped = nn.ReLU()
        self.sometimes = nn.Conv2d(4, 4, 1)
        self.quiet = nn.ReLU()
        self.never = nn.Linear(2, 2)
        self.pair = Pair()
        self.last = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for _ in range(x.size(1)):
            x = self.looped(x)
        if bool(x.sum() > 0):
            x = self.sometimes(x)
        with torch.no_grad():
            x = self.quiet(x)
        a, b = self.pair(x)
        return self.last(a + b)


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.ReLU()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.inner(x), x


class InPlace(nn.Module):
    """Writes into its input, through a view of it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x[:, 0] -= 0.5
        return self.conv(x)


@torch.jit.interface
class Part(nn.Module):
    def forward(self, input: Tensor) -> Tensor:
        pass


class Parts(nn.Module):
    """Three layers in a row; those below call the middle one in ways that the script's graph does not follow."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 1)
        self.middle = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
        self.last = nn.Conv2d(4, 4, 1)

    def run_middle(self, x: Tensor) -> Tensor:
        return self.middle(x)


class Interface(Parts):
    middle: Part

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.middle(self.first(x)))


class Fork(Parts):
    def forward(self, x: Tensor) -> Tensor:
        future = torch.jit.fork(self.middle, self.first(x))
        return self.last(torch.jit.wait(future))


class ForkedMethod(Parts):
    def forward(self, x: Tensor) -> Tensor:
        future = torch.jit.fork(self.run_middle, self.first(x))
        return self.last(torch.jit.wait(future))


class Chosen(nn.Module):
    """Which layer runs is known when it does."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 1)
        self.parts = nn.ModuleList([nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)])

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        if x.size(0) > 0:
            part: Part = self.parts[x.size(0) % 2]
            x = part.forward(x)
        return x


class Faults(nn.Module):
    """Fails in the way that the view's width names."""

    def forward(self, x: Tensor) -> Tensor:
        if x.size(3) == 1:
            raise ValueError("one pixel is too few")
        if x.size(3) == 2:
            return torch.empty([1 << 50])
        if x.size(3) == 3:
            return x + len([0] * (1 << 50))
        return x


class Contiguous(Parts):
    """Takes pictures that lie channel by channel in memory alone."""

    def forward(self, x: Tensor) -> Tensor:
        if not x.is_contiguous():
            raise ValueError("not channel by channel")
        return self.last(self.middle(self.first(x)))


class TwoInputs(nn.Module):
    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return x * mask


def encoder_layer(dim):
    return nn.TransformerEncoderLayer(dim, 2, 2 * dim, 0.1, batch_first=True, norm_first=True)


MODELS = {
    "resnet": ResNet,
    "vit": lambda: ViT(lambda dim: Block(dim, 2)),
    "transformer": lambda: ViT(encoder_layer),
    "vgg": Vgg,
    "reused": Reused,
    "contiguous": Contiguous,
}


def make(name):
    torch.manual_seed(3)
    model = MODELS[name]()
    with torch.no_grad():  # statistics and weights that are nobody's neutral element
        for tensor in list(model.parameters()) + [b for b in model.buffers() if b.is_floating_point()]:
            tensor.add_(0.1 * torch.rand_like(tensor))
    return model


def watched(model, x):
    """Every tensor that a layer returned, by tap, as it was when it did."""
    seen, calls, handles = {}, Counter(), []
    for name, module in model.named_modules(remove_duplicate=False):
        def hook(_, __, output, name=name):
            calls[name] += 1
            tap = name if calls[name] == 1 else f"{name}#{calls[name]}"
            if isinstance(output, Tensor):
                seen[tap] = output.clone()
        if name:
            handles.append(module.register_forward_hook(hook))
    torch.manual_seed(11)  # dropout draws alike
    seen[""] = model(x)
    for handle in handles:
        handle.remove()
    return seen


def reference(name):
    x = torch.rand(4, 3, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    tensors = {"input": x}
    taps = watched(make(name).double().eval(), x)
    for tap, output in taps.items():
        tensors[f"eval/output/{tap}"] = output
    for tap in taps:
        # One model a tap: a hook sees what Python has done until then, and nothing behind it.
        model = make(name).double().train()
        output = watched(model, x).get(tap)
        if output is None:
            continue
        tensors[f"train/output/{tap}"] = output
        cotangent = torch.rand(output.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
        tensors[f"cotangent/{tap}"] = cotangent
        names, parameters = zip(*model.named_parameters())
        gradients = torch.autograd.grad((output * cotangent).sum(), parameters, allow_unused=True)
        for parameter, gradient in zip(names, gradients):
            if gradient is not None:
                tensors[f"gradient/{tap}/{parameter}"] = gradient
    for buffer, value in model.named_buffers():
        tensors[f"state/{buffer}"] = value.double()
    return tensors


def broken(folder):
    torch.manual_seed(3)
    torch.save(Vgg().state_dict(), folder / "weights.pt")
    torch.save(Vgg().state_dict(), folder / "old_weights.pt", _use_new_zipfile_serialization=False)
    (folder / "text.pt").write_text("not a model\n")
    whole = (folder / "vgg.pt").read_bytes()
    (folder / "cut_off.pt").write_bytes(whole[:len(whole) // 2])
    x = torch.rand(2, 3, 16, 16)
    torch.jit.trace(Vgg().eval(), x).save(folder / "traced_eval.pt")
    torch.jit.trace(Vgg().train(), x, check_trace=False).save(folder / "traced_train.pt")
    for name, model in modal_layers().items():
        for mode in ("train", "eval"):
            traced = torch.jit.trace(model.train(mode == "train"), torch.rand(2, 6, 8), check_trace=False)
            traced.save(folder / f"traced_{name}_{mode}.pt")
    torch.jit.freeze(torch.jit.script(Vgg().eval())).save(folder / "frozen.pt")
    torch.jit.script(Hidden()).save(folder / "hidden.pt")
    torch.jit.script(InPlace().double()).save(folder / "in_place.pt")
    torch.jit.script(TwoInputs()).save(folder / "two_inputs.pt")
    torch.jit.script(Pair()).save(folder / "pair.pt")
    for model in (Interface, Fork, ForkedMethod, Chosen, Faults):
        torch.jit.script(model().double()).save(folder / f"{model.__name__.lower()}.pt")
    no_modes = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.Dropout(0.0))
    torch.jit.trace(no_modes.eval(), x).save(folder / "traced_no_modes.pt")


def main():
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    torch.set_num_threads(1)
    for name in names:
        torch.jit.script(make(name)).save(folder / f"{name}.pt")
    if names:
        return
    for name in MODELS:
        torch.jit.script(make(name).double()).save(folder / f"{name}.pt")
        golden_file.write(folder / f"{name}.safetensors", reference(name))
    broken(folder)


if __name__ == "__main__":
    main()
