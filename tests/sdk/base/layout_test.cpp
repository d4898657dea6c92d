// What crosses between host and plugin, without LibTorch: sizes, offsets, order of virtuals.
#include "../layout.hpp"

#include "catch.hpp"
#include "tandem/base/augmentation.hpp"
#include "tandem/base/log.hpp"

using namespace tandem;
using test::slot;

SIZE(StampItem, 48);
SIZE(Stamp, 1596);
AT(Stamp, size, 16);
AT(Stamp, checksum, 20);
AT(Stamp, major, 24);
AT(Stamp, minor, 26);
AT(Stamp, revision, 28);
AT(Stamp, cxx11_abi, 34);
AT(Stamp, glibcxx_debug, 35);
AT(Stamp, libtorch, 36);
AT(Stamp, stdlib, 48);
AT(Stamp, arch, 64);
AT(Stamp, sanitizers, 80);
AT(Stamp, compiler, 112);
AT(Stamp, id, 144);
AT(Stamp, version, 192);
AT(Stamp, license, 216);
AT(Stamp, author, 248);
AT(Stamp, doc, 312);
AT(Stamp, count, 440);
AT(Stamp, items, 444);

SIZE(ParamValue, 40);
SIZE(Param, 320);
AT(Param, name, 0);
AT(Param, aliases, 32);
AT(Param, type, 56);
AT(Param, fallback, 64);
AT(Param, unit, 104);
AT(Param, doc, 136);
AT(Param, low, 168);
AT(Param, high, 176);
AT(Param, low_open, 184);
AT(Param, high_open, 185);
AT(Param, min_count, 192);
AT(Param, max_count, 200);
AT(Param, choices, 208);
AT(Param, words, 232);
AT(Param, set, 256);
AT(Param, get, 288);
SIZE(Schema, 24);

// Their members are private: an operation's inline functions read them all the same.
SIZE(Image, 64);
SIZE(Random, 44);
SIZE(RandomKey, 24);
AT(RandomKey, seed, 0);
AT(RandomKey, epoch, 8);
AT(RandomKey, sample, 12);
AT(RandomKey, view, 16);
AT(RandomKey, op, 18);

SIZE(Error, 24);
HOLDS(static_cast<int>(ErrorKind::internal) == 1 && static_cast<int>(ErrorKind::resource) == 8);
HOLDS(static_cast<int>(Role::objective) == 0 && static_cast<int>(Role::augmentation) == 2);
HOLDS(static_cast<int>(ParamType::strings) == 6 && static_cast<int>(LogLevel::error) == 3);

TEST_CASE("virtuals of tandem::base keep their order") {
  CHECK(slot(&Log::write) == 2);
  CHECK(slot(&Registrar::add) == 2);
  CHECK(slot(&Factory::schema) == 2);
  CHECK(slot(&AugmentationFactory::create) == 3);
  CHECK(slot(&Augmentation::apply) == 2);
}
