#include "plugin/guard.hpp"

#include "tandem/base/error.hpp"

#include <exception>
#include <new>
#include <string>

namespace tandem::plugin {
namespace {

std::string where(const Origin& origin, std::string_view stage) {
  return Log::join("plugin ", origin.plugin, " ", origin.version, " (", origin.file.string(),
                   "), '", origin.id, "', ", stage, ": ");
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// LibTorch reports exhausted memory as an ordinary error; its text is all there is to go by.
bool out_of_memory(std::string_view text) {
  return text.find("can't allocate memory") != std::string_view::npos ||
         text.find("out of memory") != std::string_view::npos;
}

}  // namespace

void rethrow_as_error(const Origin& origin, std::string_view stage) {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::resource,
                where(origin, stage) + "memory ran out; try a smaller train.batch_size");
  } catch (const std::exception& error) {
    const bool memory = out_of_memory(error.what());
    throw Error(memory ? ErrorKind::resource : ErrorKind::plugin,
                where(origin, stage) + first_line(error.what()) +
                    (memory ? "; try a smaller train.batch_size" : ""));
  } catch (...) {
    throw Error(ErrorKind::plugin,
                where(origin, stage) + "threw something that is no std::exception");
  }
}

}  // namespace tandem::plugin
