"""Prints what TensorBoard's own reader finds in a run folder, as JSON: scalars and images by tag."""
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

found = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
found.Reload()
tags = found.Tags()
print(json.dumps({
    "scalars": {tag: [[e.step, e.value] for e in found.Scalars(tag)] for tag in tags["scalars"]},
    "images": {tag: [[e.step, e.height, e.width, e.encoded_image_string[:4].hex()]
                     for e in found.Images(tag)] for tag in tags["images"]},
}))
