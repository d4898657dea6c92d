#include "fixtures.hpp"

#include <stdexcept>

using namespace tandem;

namespace config_test {
namespace {

struct BarlowTwins {
  double lambda = 0.0051;
  double scale = 1;
  Integers projector = {2048, 2048, 2048};
  std::string form = "auto";
  static void declare(Fields<BarlowTwins>& f) {
    f("lambda", &BarlowTwins::lambda, "weight of the off-diagonal terms")
        .above(0)
        .word("1/d", -1)
        .alias("lambd");
    f("scale", &BarlowTwins::scale, "factor of the loss").above(0);
    f("projector", &BarlowTwins::projector, "widths after the latent").min(1).count(1, 8);
    f("form", &BarlowTwins::form, "how it is computed").choices({"auto", "gram", "cross"});
  }
};

struct SimSiam {
  bool predictor = true;
  static void declare(Fields<SimSiam>& f) {
    f("predictor", &SimSiam::predictor, "whether there is a predictor");
  }
};

struct ResNet {
  std::string stem = "imagenet";
  double width = 1;
  static void declare(Fields<ResNet>& f) {
    f("stem", &ResNet::stem, "first layers").choices({"imagenet", "cifar", "small"});
    f("width", &ResNet::width, "factor of all widths").above(0);
  }
};

struct Crop {
  int size = 32;
  Numbers scale = {0.2, 1.0};
  Strings tags;
  static void declare(Fields<Crop>& f) {
    f("size", &Crop::size, "height and width").min(1).unit("px");
    f("scale", &Crop::scale, "share of the area").range(0, 1).count(2);
    f("tags", &Crop::tags, "remarks");
  }
};

struct Grayscale {
  double p = 0.2;
  static void declare(Fields<Grayscale>& f) { f("p", &Grayscale::p, "probability").range(0, 1); }
};

struct Clash {
  std::string use;
  static void declare(Fields<Clash>& f) { f("use", &Clash::use, "a name of the host's"); }
};

template <class Params>
const Schema& schema() {
  static const Schema built = schema_of<Params>();
  return built;
}

}  // namespace

const Schema& lookup(Role role, const std::string& id) {
  if (role == Role::objective && id == "barlow_twins") return schema<BarlowTwins>();
  if (role == Role::objective && id == "simsiam") return schema<SimSiam>();
  if (role == Role::backbone && id == "resnet18") return schema<ResNet>();
  if (role == Role::augmentation && id == "crop") return schema<Crop>();
  if (role == Role::augmentation && id == "grayscale") return schema<Grayscale>();
  if (role == Role::augmentation && id == "clash") return schema<Clash>();
  throw Error(ErrorKind::plugin,
              "no plugin provides " + std::string(role_name(role)) + " " + config::shown(id));
}

const char* const complete = R"([run]
seed = 3
[data]
path = "pictures"
[backbone]
use = "resnet18"
tap = "avgpool"
stem = "cifar"
[objective]
use = "barlow_twins"
lambda = 0.004
[[view]]
ops = [
  { use = "crop", size = 24 },
  { use = "grayscale", p = 1 },
]
[[view]]
count = 2
role = "local"
ops = [{ use = "crop", scale = [0.05, 0.2] }]
[optimizer]
use = "lars"
lr = 0.3
[schedule]
use = "cosine"
warmup_epochs = 10
[train]
epochs = 5
[eval]
k = 10
)";

config::Config checked(const std::string& text) {
  return config::check(config::parse_text(text, "c.toml"), lookup);
}

std::string with(const std::string& line, const std::string& replacement) {
  std::string text = complete;
  const std::string whole = "\n" + line + "\n";
  const std::size_t at = text.find(whole);
  if (at == std::string::npos || text.find(whole, at + 1) != std::string::npos)
    throw std::logic_error("not there once: " + line);
  return text.replace(at + 1, line.size(), replacement);
}

config::Document assigned(const Strings& assignments) {
  config::Document document = config::parse_text(complete, "c.toml");
  for (std::size_t i = 0; i < assignments.size(); ++i)
    document.set(assignments[i], "--set #" + std::to_string(i + 1));
  return document;
}

std::string set_error(const Strings& assignments) {
  return error_of([&] { config::check(assigned(assignments), lookup); });
}

}  // namespace config_test
