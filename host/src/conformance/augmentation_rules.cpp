#include "conformance/instance.hpp"
#include "conformance/pictures.hpp"
#include "conformance/process_state.hpp"
#include "conformance/rules.hpp"
#include "conformance/values.hpp"

#include "tandem/base/error.hpp"

#include <array>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace tandem::conformance {
namespace {

using Op = std::unique_ptr<Augmentation>;
constexpr std::uint32_t draws = 8;  // of each picture; most operations do nothing now and then

Op make(const Subject& subject, const ParamValues& values) {
  auto op = subject.factory_as<AugmentationFactory>().create(values);
  expect(op != nullptr, "the factory made nothing");
  return op;
}

Op make(const Subject& subject) {
  return make(subject, usual_values(subject));
}

Random random_of(const Subject& subject, std::uint32_t draw) {
  return Random({subject.seed, 0, draw});
}

Image applied(const Augmentation& op, Image image, Random random) {
  op.apply(image, random);
  return image;
}

constexpr Shape plain_picture{};
constexpr int series_length = 256;

bool is_series(const Shape& shape) {
  return shape.height == 1;
}

/// What it says against such a picture, where it refuses it by a tandem::Error.
std::optional<std::string> refusal(const Augmentation& op, const Subject& subject,
                                   const Shape& shape) {
  try {
    for (std::uint32_t draw = 0; draw < draws; ++draw)
      applied(op, random_picture(shape, subject.seed), random_of(subject, draw));
    return std::nullopt;
  } catch (const Error& error) {
    expect(*error.what() != '\0', "it refuses ", to_text(shape), " without a word");
    return error.what();
  }
}

/// What it takes: a picture, else the first of a picture of floats and series that it does not
/// refuse. Throws Violation where it refuses all, with what it says to the picture.
Shape taken_shape(const Augmentation& op, const Subject& subject) {
  const auto first = refusal(op, subject, plain_picture);
  if (!first) return plain_picture;
  for (const auto& shape :
       {Shape{32, 32, 3, PixelType::f32}, Shape{1, series_length, 3, PixelType::f32},
        Shape{1, series_length, 1, PixelType::f32}}) {
    if (!refusal(op, subject, shape)) return shape;
  }
  throw Violation("it takes neither pictures nor series of floats: " + *first);
}

/// The same kind of input in another size; of a series, one as long as both sides together.
Shape resized(Shape shape, int height, int width) {
  shape.width = is_series(shape) ? height * width : width;
  shape.height = is_series(shape) ? 1 : height;
  return shape;
}

/// Pictures as it takes them. The instance that was asked stays until the end, since what happens
/// when one goes is another rule's business.
class Pictures {
 public:
  explicit Pictures(const Subject& subject)
      : asked_(make(subject)), seed_(subject.seed), shape_(taken_shape(*asked_, subject)) {}
  const Shape& shape() const { return shape_; }
  Image operator()(std::uint32_t number) const { return random_picture(shape_, seed_ + number); }

 private:
  Op asked_;
  std::uint64_t seed_;
  Shape shape_;
};

void require_same(const Image& is, const Image& should, const std::string& when) {
  const auto found = difference(is, should);
  expect(found.empty(), when, ", ", found);
}

void applies(const Subject& subject) {
  const Pictures picture(subject);
  const Op op = make(subject);
  if (const auto refused = refusal(*op, subject, plain_picture))
    subject.remark(
        Log::join("with ", to_text(picture.shape()), "; of pictures it says: ", *refused));
  for (std::uint32_t draw = 0; draw < draws; ++draw) {
    const Image after = applied(*op, picture(0), random_of(subject, draw));
    expect(after.values() > 0, "it leaves an empty picture");
  }
}

void repeats(const Subject& subject) {
  const Pictures picture(subject);
  const Op one = make(subject), other = make(subject);
  const Image before = picture(0);
  for (std::uint32_t draw = 0; draw < draws; ++draw) {
    const Image first = applied(*one, before, random_of(subject, draw));
    require_same(applied(*one, before, random_of(subject, draw)), first,
                 "applied twice with the same Random");
    require_same(applied(*other, before, random_of(subject, draw)), first,
                 "applied by two instances with the same Random");
  }
}

/// What a new instance makes of each of some pictures; the instances stay until the end.
struct Expected {
  Pictures picture;
  std::vector<Op> ops;
  std::vector<Image> before, after;

  Expected(const Subject& subject, std::uint32_t count) : picture(subject) {
    for (std::uint32_t i = 0; i < count; ++i) {
      ops.push_back(make(subject));
      before.push_back(picture(i));
      after.push_back(applied(*ops.back(), before.back(), random_of(subject, i)));
    }
  }
};

void threads(const Subject& subject) {
  constexpr std::uint32_t count = 8, rounds = 20;
  const Expected expected(subject, count);
  const Op op = make(subject);
  std::array<std::string, count> faults;
  {
    std::vector<std::jthread> all;
    for (std::uint32_t i = 0; i < count; ++i) {
      all.emplace_back([&, i] {
        for (std::uint32_t round = 0; round < rounds && faults[i].empty(); ++round)
          faults[i] = difference(applied(*op, expected.before[i], random_of(subject, i)),
                                 expected.after[i]);
      });
    }
  }
  for (const auto& fault : faults)
    expect(fault.empty(), "applied by 8 threads at once and by one, ", fault);
}

void keeps_no_state(const Subject& subject) {
  const Expected expected(subject, draws);
  const Op op = make(subject);
  std::vector<Image> all;  // kept, so that no buffer is met twice
  for (std::uint32_t i = 0; i < draws; ++i) {
    all.push_back(applied(*op, expected.before[i], random_of(subject, i)));
    require_same(all.back(), expected.after[i],
                 "applied after other pictures and by a new instance");
  }
}

void keeps_no_view(const Subject& subject) {
  const Expected expected(subject, draws);
  const Pictures& picture = expected.picture;
  const Op op = make(subject);
  Image left = picture(draws), reused;
  Random random = random_of(subject, draws);
  op->apply(left, random);
  refill(left, picture(draws + 1));
  const Image as_it_was = left;
  for (std::uint32_t i = 0; i < draws; ++i) {
    refill(reused, expected.before[i]);
    Random own = random_of(subject, i);
    op->apply(reused, own);
    require_same(reused, expected.after[i],
                 "in a buffer that held another picture and in a new one");
    require_same(left, as_it_was, "a picture that was done with, before and after the next call");
  }
}

/// An instance made with other values than the usual ones.
Op another(const Subject& subject, const ParamValues& usual) {
  constexpr std::uint32_t tries = 50;
  for (std::uint32_t i = 0; i < tries; ++i) {
    Random random({subject.seed, 2, i});
    const auto values = random_values(subject, random);
    if (values == usual) continue;
    try {
      return make(subject, values);
    } catch (...) {
      continue;  // what it may refuse, and how, is another rule's business
    }
  }
  throw NotApplicable("there is only one way to make it");
}

void apart(const Subject& subject) {
  const Pictures picture(subject);
  const Op op = make(subject);
  const auto pass = [&] {
    std::vector<Image> results;
    for (std::uint32_t i = 0; i < draws; ++i)
      results.push_back(applied(*op, picture(i), random_of(subject, i)));
    return results;
  };
  const auto alone = pass();
  const auto require_as_alone = [&](const char* when) {
    const auto now = pass();
    for (std::uint32_t i = 0; i < draws; ++i) require_same(now[i], alone[i], when);
  };
  Op other = another(subject, usual_values(subject));
  require_as_alone("beside an instance with other parameters and alone");
  other.reset();
  require_as_alone("after another instance was destroyed and before it was made");
}

void only_random(const Subject& subject) {
  const Pictures picture(subject);
  const Op op = make(subject);
  const auto generator = generator_state();
  std::srand(1);
  const int next = std::rand();
  std::srand(1);
  for (std::uint32_t draw = 0; draw < draws; ++draw)
    applied(*op, picture(0), random_of(subject, draw));
  expect(std::rand() == next, "it draws from rand(), or seeds it");
  expect(generator_state() == generator, "it draws from LibTorch's default generator, or seeds it");
}

/// `applied`, in buffers with fences behind them.
Image applied_within(const Augmentation& op, const Image& before, const Random& random) {
  const auto pass = [&](FencedImage& fenced) {
    Random own = random;
    op.apply(fenced.image(), own);
    const auto damage = fenced.damage();
    expect(damage.empty(), "it writes outside the picture: ", damage);
  };
  FencedImage first(before, std::nullopt);
  pass(first);
  FencedImage fenced(before, first.second());
  pass(fenced);
  return fenced.image();
}

void inside(const Subject& subject) {
  const Pictures picture(subject);
  const Op op = make(subject);
  // Odd in everything, so that loops over pairs or blocks have a rest.
  for (const auto& shape : {resized(picture.shape(), 33, 37), resized(picture.shape(), 7, 5)}) {
    for (std::uint32_t draw = 0; draw < draws; ++draw)
      applied_within(*op, random_picture(shape, subject.seed), random_of(subject, draw));
  }
}

/// Applies it to pictures of these shapes. A refusal with a clear text is told, not blamed.
void take(const Subject& subject, const std::vector<Shape>& shapes) {
  const Op op = make(subject);
  std::string refused;
  for (const auto& shape : shapes) {
    try {
      for (std::uint32_t draw = 0; draw < draws; ++draw) {
        const Image after = applied_within(*op, random_picture(shape, subject.seed + draw),
                                           random_of(subject, draw));
        expect(after.values() > 0, "it leaves nothing of ", to_text(shape));
        expect(is_finite(after), "it makes values that are not finite of ", to_text(shape));
      }
    } catch (const Violation&) {
      throw;
    } catch (const std::exception& error) {
      expect(*error.what() != '\0', "it refuses ", to_text(shape), " without a word");
      refused +=
          Log::join(refused.empty() ? "" : "; ", "it refuses ", to_text(shape), ": ", error.what());
    }
  }
  if (!refused.empty()) throw NotApplicable(refused);
}

void shapes(const Subject& subject) {
  const Pictures picture(subject);
  std::vector<Shape> all;
  for (const auto& [height, width] : {std::pair{1, 1}, std::pair{1, 5000}, std::pair{5000, 1},
                                      std::pair{2, 3}, std::pair{33, 37}})
    all.push_back(resized(picture.shape(), height, width));
  take(subject, all);
}

void channels(const Subject& subject) {
  const Pictures picture(subject);
  Shape usual = picture.shape();
  std::vector<Shape> all;
  for (const int channels : {1, 2, 4}) {
    usual.channels = channels;
    all.push_back(resized(usual, 32, 32));
    all.push_back(resized(usual, 7, 5));
  }
  take(subject, all);
}

void floats(const Subject& subject) {
  const Pictures picture(subject);
  Shape usual = picture.shape();
  usual.type = PixelType::f32;
  take(subject, {resized(usual, 32, 32), resized(usual, 7, 5)});
}

constexpr unsigned mine = mask_of(Role::augmentation);
constexpr Rule rules[] = {
    {"augmentation", "applies", "it changes a picture, or a series, and leaves one", mine, applies,
     "robustness.any_order_of_instances"},
    {"augmentation", "stays_inside", "it writes nowhere but inside the picture", mine, inside,
     "augmentation.applies"},
    {"augmentation", "same_random_same_pixels", "the same Random gives the same pixels", mine,
     repeats, "augmentation.stays_inside"},
    {"augmentation", "only_random_decides", "it draws from Random alone", mine, only_random,
     "augmentation.same_random_same_pixels"},
    {"augmentation", "no_state_is_kept", "a picture does not depend on those before it", mine,
     keeps_no_state, "augmentation.same_random_same_pixels"},
    {"augmentation", "no_view_is_kept", "it keeps no pointer to a picture", mine, keeps_no_view,
     "augmentation.no_state_is_kept"},
    {"augmentation", "operations_are_independent", "instances do not disturb each other", mine,
     apart, "augmentation.no_view_is_kept"},
    {"augmentation", "threads_agree", "8 threads on one instance give what one gives", mine,
     threads, "augmentation.no_view_is_kept"},
    {"augmentation", "any_shape", "it takes pictures from 1×1 to 1×5000, or says that it does not",
     mine, shapes, "augmentation.stays_inside"},
    {"augmentation", "any_number_of_channels",
     "it takes 1, 2 and 4 channels, or says that it does not", mine, channels,
     "augmentation.stays_inside"},
    {"augmentation", "floats_are_taken", "it takes pictures of floats, or says that it does not",
     mine, floats, "augmentation.stays_inside"},
};

}  // namespace

std::span<const Rule> augmentation_rules() {
  return rules;
}

}  // namespace tandem::conformance
