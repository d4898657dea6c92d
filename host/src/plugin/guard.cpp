#include "plugin/guard.hpp"

#include <exception>
#include <new>
#include <string>

namespace tandem::plugin {
namespace {

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// LibTorch reports exhausted memory as an ordinary error; its text is all there is to go by.
bool out_of_memory(std::string_view text) {
  return text.find("can't allocate memory") != std::string_view::npos ||
         text.find("out of memory") != std::string_view::npos;
}

}  // namespace

void rethrow_as_error(const std::string& where, ErrorKind kind) {
  const std::string smaller = "; try a smaller batch (train.batch_size in a configuration)";
  try {
    throw;
  } catch (const Error& error) {
    // That is the host's word for a step that all ranks refuse together.
    if (error.kind() == ErrorKind::guard) throw Error(kind, where + ": " + error.what());
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::resource, where + ": memory ran out" + smaller);
  } catch (const std::exception& error) {
    const std::string message = where + ": " + first_line(error.what());
    if (out_of_memory(error.what())) throw Error(ErrorKind::resource, message + smaller);
    throw Error(kind, message);
  } catch (...) {
    throw Error(kind, where + ": threw something that is no std::exception");
  }
}

void rethrow_as_error(const Origin& origin, std::string_view stage) {
  rethrow_as_error(Log::join("plugin ", origin.plugin, " ", origin.version, " (",
                             origin.file.string(), "), '", origin.id, "', ", stage));
}

}  // namespace tandem::plugin
