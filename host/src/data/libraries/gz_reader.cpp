#include "data/gz_reader.hpp"

#include "tandem/base/error.hpp"

#include <unistd.h>
#include <zlib.h>
#include <algorithm>
#include <string>
#include <string_view>

namespace tandem::data {
namespace {

struct Close {
  void operator()(gzFile_s* file) const { gzclose(file); }
};

}  // namespace

/// zlib passes plain files through.
struct GzReader::State {
  std::unique_ptr<gzFile_s, Close> packed;
};

GzReader::GzReader(const std::filesystem::path& path)
    : file_(path), state_(std::make_unique<State>()) {
  const int number = file_.duplicate();
  state_->packed.reset(gzdopen(number, "rb"));
  if (!state_->packed) {
    ::close(number);
    throw Error(ErrorKind::resource, path.string() + ": no memory to read it");
  }
  gzbuffer(state_->packed.get(), 1 << 17);
}

GzReader::~GzReader() = default;

std::size_t GzReader::read(std::uint8_t* to, std::size_t count) {
  gzFile_s* const packed = state_->packed.get();
  std::size_t done = 0;
  while (done < count) {
    const auto step = static_cast<unsigned>(std::min<std::size_t>(count - done, 1u << 30));
    const int got = gzread(packed, to + done, step);
    int code = Z_OK;
    const std::string_view text = got < 0 ? gzerror(packed, &code) : "";
    // A cut off file passes: its length is the better message.
    if (got < 0 && code != Z_BUF_ERROR) {
      // Before the reason zlib puts a name of its own for the file.
      const auto reason = text.find(": ");
      throw Error(ErrorKind::data,
                  file_.path().string() + ": cannot be unpacked, it is damaged: " +
                      std::string(reason == text.npos ? text : text.substr(reason + 2)));
    }
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

bool GzReader::plain() {
  return gzdirect(state_->packed.get()) != 0;
}

}  // namespace tandem::data
