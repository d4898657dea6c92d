#include "data/careful_reader.hpp"

#include "tandem/base/error.hpp"

namespace tandem::data {

CarefulReader::CarefulReader(const Source& source, double max_bad, Log& log)
    : source_(source), max_bad_(max_bad), log_(log) {}

std::int64_t CarefulReader::read(std::int64_t index, Image& out) {
  while (!try_read(index, out)) index = (index + 1) % source_.size();
  return index;
}

bool CarefulReader::try_read(std::int64_t index, Image& out) {
  if (known_bad(index)) return false;
  try {
    source_.read(index, out);
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data) throw;
    remember(index, error.what());
    return false;
  }
}

bool CarefulReader::known_bad(std::int64_t index) {
  if (bad() == 0) return false;
  const std::lock_guard lock(mutex_);
  // Whoever asks for a picture after the last one has failed would go round for ever.
  if (bad() == source_.size()) give_up();
  return bad_.contains(index);
}

void CarefulReader::remember(std::int64_t index, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (bad_.insert(index).second) {
    log_.warn(reason, "; another picture takes its place");
    last_reason_ = reason;
    count_.store(static_cast<std::int64_t>(bad_.size()), std::memory_order_release);
  }
  const auto bad = static_cast<double>(bad_.size()), all = static_cast<double>(source_.size());
  if (bad > max_bad_ * all || bad == all) give_up();
}

void CarefulReader::give_up() const {
  throw Error(ErrorKind::data,
              Log::join(bad_.size(), " of ", source_.size(),
                        " pictures cannot be read, more than data.max_bad = ", max_bad_,
                        " allows; mend or remove them, or raise it. The last one: ", last_reason_));
}

}  // namespace tandem::data
