#pragma once

#include <string>
#include <string_view>

namespace stave {

/// The name itself, when it may become a file's: letters, digits, "_", "." and "-", of which the
/// first is a letter or a digit, at most 200. Else fails [invalid]; `what` says what it names.
std::string fileName(std::string_view what, std::string_view name);

}  // namespace stave
