#include "report/html.hpp"

#include <algorithm>
#include <cctype>

namespace tandem::report {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else if ((c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == '\x7f')
      out += "\xef\xbf\xbd";
    else
      out += c;
  }
  return out;
}

std::string script_json(const formats::Json& value) {
  const std::string text =
      value.dump(-1, ' ', /*ensure_ascii=*/false, formats::Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) c == '<' ? out += "\\u003c" : out += c;
  return out;
}

std::string checked_png_uri(const std::string& uri) {
  constexpr std::string_view start = "data:image/png;base64,";
  if (!uri.starts_with(start)) return {};
  const bool fine = std::all_of(uri.begin() + start.size(), uri.end(), [](unsigned char c) {
    return c < 128 && (std::isalnum(c) != 0 || c == '+' || c == '/' || c == '=');
  });
  return fine ? uri : std::string();
}

std::string element(std::string_view name, std::string_view attributes, std::string_view content) {
  std::string text = "<" + std::string(name);
  if (!attributes.empty()) text.append(" ").append(attributes);
  return text.append(">").append(content).append("</").append(name).append(">\n");
}

std::string caption(std::string_view title, std::string_view about) {
  std::string text = element("strong", "", escaped(title));
  if (!about.empty()) text += element("span", "", escaped(about));
  return element("figcaption", "", text);
}

}  // namespace tandem::report
