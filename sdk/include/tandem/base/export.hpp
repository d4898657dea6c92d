#pragma once

/// Marks what libtandem-base and libtandem-sdk export: everything is built with hidden visibility.
#define TANDEM_API __attribute__((visibility("default")))
