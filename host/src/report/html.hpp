#pragma once

#include "formats/json_lines.hpp"

#include <string>
#include <string_view>

namespace tandem::report {

/// Text for HTML and for attributes in double quotes: <, >, &, " and ' are written as references.
/// Control characters, which HTML forbids, become U+FFFD.
std::string escaped(std::string_view text);
/// JSON that may stand in a <script>: no "<" in it.
std::string script_json(const formats::Json& value);
/// `uri` where it is a PNG in base64 and nothing else; else empty, since a run's folder may come
/// from anywhere.
std::string checked_png_uri(const std::string& uri);
/// <NAME ATTRIBUTES>CONTENT</NAME>; `content` is HTML already.
std::string element(std::string_view name, std::string_view attributes, std::string_view content);
/// <figcaption> with a title and what there is to say about it, both plain text.
std::string caption(std::string_view title, std::string_view about);

}  // namespace tandem::report
