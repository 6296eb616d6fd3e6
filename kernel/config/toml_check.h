#pragma once

#include <string>
#include <string_view>

namespace stave::config {

/// Refuses what the TOML parser must not see, because it ends the process over it or worse: control
/// characters anywhere, and characters outside ASCII anywhere but in texts and comments. Neither is
/// TOML. Fails [invalid] with file and line.
void checkCharacters(std::string_view text, const std::string& name);

}  // namespace stave::config
