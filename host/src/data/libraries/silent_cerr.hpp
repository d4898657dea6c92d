#pragma once

namespace tandem::data {

/// From now on `std::cerr` drops what a thread writes while it holds a SilentCerr: OpenCV 4.6 tells
/// there of every picture that it cannot decode, past its own logger and error handler.
/// [once, before there are other threads]
void install_silent_cerr();

/// Drops what this thread writes to `std::cerr`, once `install_silent_cerr` has been called. [one
/// thread]
class SilentCerr {
 public:
  SilentCerr();
  ~SilentCerr();
  SilentCerr(const SilentCerr&) = delete;
  SilentCerr& operator=(const SilentCerr&) = delete;
};

}  // namespace tandem::data
