#pragma once

#include <string>

namespace stave::cli {

/// The number of "SIGTERM", "term" or "15". Throws UsageError.
int parseSignal(const std::string& text);

}  // namespace stave::cli
