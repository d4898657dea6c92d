"""Runs a folder's model.onnx on the floats in `pictures`; `features` are what is expected."""
import pathlib
import sys

import numpy
import onnx
import onnxruntime

folder = pathlib.Path(sys.argv[1])
model = onnx.load(folder / "model.onnx")
onnx.checker.check_model(model, full_check=True)
assert [(p.key, p.value) for p in model.metadata_props] == [("mean", "0.5")]
shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim][1:]
pictures = numpy.fromfile(folder / "pictures", numpy.float32).reshape(-1, *shape)
session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
(features,) = session.run(["features"], {"pictures": pictures})
expected = numpy.fromfile(folder / "features", numpy.float32).reshape(features.shape)
difference = abs(features - expected).max()
if difference > 1e-5 * max(1, abs(expected).max()):
    sys.exit(f"features differ by {difference}")
