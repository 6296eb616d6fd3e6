#include "stave/error.h"
#include "stave/layer/rooted_writer.h"

namespace stave::layer {

namespace {

constexpr size_t maxComponent = 255;
constexpr size_t maxPath = 4095;

[[noreturn]] void refusePath(std::string_view path, const char* why) {
  std::string shown(path.substr(0, maxComponent));
  for (auto& byte : shown) {
    if (uint8_t(byte) < ' ') byte = '?';
  }
  fail(ErrorCode::INVALID, "the path \"" + shown + "\" " + why);
}

}  // namespace

std::string cleanPath(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) refusePath(path, "has a NUL in it");
  if (path.size() > maxPath) refusePath(path, "is longer than 4095 bytes");
  std::string clean;
  for (auto rest = path; !rest.empty();) {
    auto component = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(component.size() + 1, rest.size()));
    if (component.empty() || component == ".") continue;
    if (component.size() > maxComponent) refusePath(path, "has a name longer than 255 bytes");
    if (component == "..") {
      if (clean.empty()) refusePath(path, "leads out of the root file system");
      clean = parentOf(clean);
      continue;
    }
    if (!clean.empty()) clean += '/';
    clean += component;
  }
  return clean;
}

std::string parentOf(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string lastName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace stave::layer
