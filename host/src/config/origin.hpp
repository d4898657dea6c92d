#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tandem::config {

/// A text that configuration values come from: a file, or an assignment of the command line.
struct Source {
  std::string name;  ///< the file as it was named, "--set #2", …
  std::string text;
  bool assignment = false;  ///< one line of the command line, positions in it are not printed
};

/// Where a key or a value was written. Lines and columns count from 1, columns in characters.
struct Origin {
  std::shared_ptr<const Source> source;  ///< null for a default
  int line = 0;                          ///< 0: the source as a whole
  int column = 0;

  bool is_default() const { return source == nullptr; }
  bool is_assignment() const { return source && source->assignment; }
  /// "barlow.toml:14:3", "--set #2", or "default".
  std::string where() const;
  /// The source line and a caret below the position, as two indented lines; "" without a position,
  /// and where the line is empty. A long line is cut to the part around the caret.
  std::string excerpt() const;
};

/// One complaint as it is printed, without a final newline:
///
///     barlow.toml:14:3: error: unknown key 'lamda' in [objective]
///       lamda = 0.0051
///       ^
///       did you mean 'lambda'?
///
/// An origin without source or name leaves the first part out.
std::string complaint(const Origin& origin, std::string_view text, std::string_view hint = "");

/// Text for a terminal: a control character is replaced.
std::string printable(std::string_view text);
/// The same for text of several lines, whose ends stay.
std::string printable_lines(std::string_view text);
/// A key or an id for a sentence: printable, and cut to a readable length.
std::string shown(std::string_view text);

}  // namespace tandem::config
