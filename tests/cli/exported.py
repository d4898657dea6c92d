"""Reads what tandem export wrote, in PyTorch and onnxruntime; prints numbers or nothing, fails otherwise.

    exported.py strict FILE NETWORK       every entry of the file is one of the network's, and the other way round
    exported.py onnx MODEL FILE           the largest difference between ONNX and the network with the file's weights
    exported.py knn FILE BANK QUERIES K T kNN top1 in % of IDX pictures, as tandem eval knn defines it
    exported.py pickle FILE PREFIX        saves a file of weights as torch.save does, with a prefix before each name
"""
import gzip
import pathlib
import struct
import sys

import numpy
import torch
import torchvision
from safetensors.torch import load_file, safe_open

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples" / "use_backbone"))
import use_backbone


def strict(file, network):
    state = load_file(file)
    net = getattr(torchvision.models, network)()
    if state["conv1.weight"].shape[2] == 3:
        net.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    net.load_state_dict(state)
    assert not state["fc.weight"].any() and not state["fc.bias"].any()
    assert safe_open(file, "pt").metadata()["fc"] == "untrained: zeros"
    print(len(state))


def onnx(model, file):
    import onnx
    import onnxruntime

    loaded = onnx.load(model)
    onnx.checker.check_model(loaded, full_check=True)
    assert loaded.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    about = {item.key: item.value for item in loaded.metadata_props}
    session = onnxruntime.InferenceSession(model)
    channels, height, width = (int(n) for n in about["input"].split("x"))
    worst = 0
    for batch in (1, 5):
        pictures = torch.rand(batch, channels, height, width, generator=torch.Generator().manual_seed(batch))
        mean, std = (numpy.array([float(x) for x in about[key].split(",")]).reshape(-1, 1, 1) for key in ("mean", "std"))
        seen = ((pictures.numpy() - mean) / std).astype("float32")
        (features,) = session.run(["features"], {"pictures": seen})
        with torch.inference_mode():
            expected = use_backbone.load(file)(pictures).numpy()
        assert features.shape == expected.shape, (features.shape, expected.shape)
        worst = max(worst, abs(features - expected).max())
    print(worst)


def idx(path):
    data = pathlib.Path(path).read_bytes()
    data = gzip.decompress(data) if path.endswith(".gz") else data
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(shape)


def knn(file, bank, queries, k, temperature):
    """Cosine similarity, votes weighted by exp(similarity / T) (Wu et al. 2018)."""
    features_of = use_backbone.load(file)

    def read(path):
        pictures = torch.tensor(idx(path)[:, None] / 255, dtype=torch.float32)
        labels = idx(path.replace("images-idx3", "labels-idx1"))
        with torch.inference_mode():
            features = torch.cat([features_of(part) for part in pictures.split(500)]).double()
        return features / features.norm(dim=1, keepdim=True), torch.tensor(labels.astype("int64"))

    (base, labels), (asked, answers) = read(bank), read(queries)
    near = (asked @ base.T).topk(int(k))
    votes = torch.zeros(len(asked), int(labels.max()) + 1, dtype=torch.float64)
    votes.scatter_add_(1, labels[near.indices], (near.values / float(temperature)).exp())
    print(100 * (votes.argmax(1) == answers).double().mean().item())


def pickle(file, prefix):
    torch.save({"state_dict": {prefix + k: v for k, v in load_file(file).items()}, "epoch": 3}, file + ".pth")


if __name__ == "__main__":
    torch.set_num_threads(1)
    globals()[sys.argv[1]](*sys.argv[2:])
