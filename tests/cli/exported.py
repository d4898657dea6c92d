"""Reads what tandem export wrote, in PyTorch and onnxruntime; prints numbers or fails.

    exported.py strict FILE NETWORK      the number of entries; just those of the network
    exported.py onnx MODEL FILE          the largest difference of ONNX from FILE's network, as a
                                 share of the largest feature where that is above 1
    exported.py knn FILE BANK QUERIES    kNN top1 in %, k 20, T 0.1, of IDX pictures
    exported.py cut FROM TO COUNT        the first pictures of an IDX pair
    exported.py pickle FILE PREFIX       torch.save of the weights, a prefix before each name
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
    channels, height, width = (int(n) for n in about["input"].split("x"))
    mean, std = (
        numpy.array([float(x) for x in about[key].split(",")]).reshape(-1, 1, 1)
        for key in ("mean", "std")
    )
    session = onnxruntime.InferenceSession(model)
    features_of = use_backbone.load(file)
    worst = 0
    for batch in (1, 5):
        generator = torch.Generator().manual_seed(batch)
        pictures = torch.rand(batch, channels, height, width, generator=generator)
        seen = ((pictures.numpy() - mean) / std).astype("float32")
        (features,) = session.run(["features"], {"pictures": seen})
        with torch.inference_mode():
            expected = features_of(pictures).numpy()
        assert features.shape == expected.shape, (features.shape, expected.shape)
        worst = max(worst, abs(features - expected).max() / max(1, abs(expected).max()))
    print(worst)


def idx(path):
    data = pathlib.Path(path).read_bytes()
    data = gzip.decompress(data) if path.endswith(".gz") else data
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(shape)


def knn(file, bank, queries):
    """Cosine similarity, the nearest vote with exp(similarity / T) (Wu et al. 2018)."""
    features_of = use_backbone.load(file)

    def read(path):
        pictures = torch.tensor(idx(path)[:, None] / 255, dtype=torch.float32)
        labels = idx(path.replace("images-idx3", "labels-idx1"))
        with torch.inference_mode():
            features = torch.cat([features_of(part) for part in pictures.split(500)]).double()
        return features / features.norm(dim=1, keepdim=True), torch.tensor(labels.astype("int64"))

    (base, labels), (asked, answers) = read(bank), read(queries)
    near = (asked @ base.T).topk(20)
    votes = torch.zeros(len(asked), int(labels.max()) + 1, dtype=torch.float64)
    votes.scatter_add_(1, labels[near.indices], (near.values / 0.1).exp())
    print(100 * (votes.argmax(1) == answers).double().mean().item())


def cut(source, target, count):
    for kind in ("images-idx3", "labels-idx1"):
        values = idx(source.replace("images-idx3", kind))[: int(count)]
        header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
        pathlib.Path(target.replace("images-idx3", kind)).write_bytes(header + values.tobytes())


def pickle(file, prefix):
    state = {prefix + name: tensor for name, tensor in load_file(file).items()}
    torch.save({"state_dict": state, "epoch": 3}, file + ".pth")


if __name__ == "__main__":
    torch.set_num_threads(1)
    globals()[sys.argv[1]](*sys.argv[2:])
