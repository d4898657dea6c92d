#include "network.hpp"

TANDEM_PLUGIN("torchscript", "1.0", "any scripted PyTorch model, cut at the layer that is tapped",
              tandem::backbone<torchscript::Network>("torchscript"), tandem::license("MIT"));
