"""features.py FILE FOLDER: `pictures`, and `features` of them by the network in FILE, as floats."""
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "examples" / "use_backbone"))
import use_backbone

file, folder = sys.argv[1], pathlib.Path(sys.argv[2])
pictures = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(1))
with torch.inference_mode():
    features = use_backbone.load(file)(pictures)
pictures.numpy().tofile(folder / "pictures")
features.numpy().tofile(folder / "features")
