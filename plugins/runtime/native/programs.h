#pragma once

#include <string>

namespace stave::native {

/// The path of one of the plug-in's helper programs: as configured, or where the platform is
/// installed. Fails [not-found] naming the places.
std::string findProgram(const std::string& configured, const std::string& name);

}  // namespace stave::native
