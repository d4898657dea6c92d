#pragma once

namespace tandem::report {

/// The page's own files, page/page.css and page/page.js, as CMake put them into the program.
extern const char* const page_style;
extern const char* const page_script;

}  // namespace tandem::report
