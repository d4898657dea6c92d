#include "data/libraries/silent_cerr.hpp"

#include <iostream>
#include <streambuf>

namespace tandem::data {
namespace {

thread_local int silent = 0;

/// Passes on what threads write that are not silent.
class Filter final : public std::streambuf {
 public:
  explicit Filter(std::streambuf* to) : to_(to) {}

 protected:
  int_type overflow(int_type c) override {
    if (silent > 0 || traits_type::eq_int_type(c, traits_type::eof())) {
      return traits_type::not_eof(c);
    }
    return to_->sputc(traits_type::to_char_type(c));
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    return silent > 0 ? count : to_->sputn(text, count);
  }
  int sync() override { return silent > 0 ? 0 : to_->pubsync(); }

 private:
  std::streambuf* to_;
};

}  // namespace

void install_silent_cerr() {
  // Never destroyed: std::cerr is written to until the process ends.
  static auto* const filter = new Filter(std::cerr.rdbuf());
  std::cerr.rdbuf(filter);
}

SilentCerr::SilentCerr() {
  ++silent;
}
SilentCerr::~SilentCerr() {
  --silent;
}

}  // namespace tandem::data
