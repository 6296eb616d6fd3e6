#include "layout_reference.h"

#include <stave/error.h>

#include <utility>

namespace stave::layout {

namespace {

using Kind = LayoutReference::Kind;

constexpr std::pair<std::string_view, Kind> kinds[] = {{"oci", Kind::directory},
                                                       {"oci-archive", Kind::ociArchive},
                                                       {"docker-archive", Kind::dockerArchive}};

}  // namespace

std::string LayoutReference::text() const {
  std::string text;
  for (auto& [word, meant] : kinds) {
    if (meant == kind) text = std::string(word) + ":" + path;
  }
  return name.empty() ? text : text + ":" + name;
}

LayoutReference parseLayoutReference(std::string_view text) {
  auto refuse = [&](const std::string& why) {
    fail(ErrorCode::INVALID, "image source \"" + std::string(text.substr(0, 300)) + "\": " + why);
  };
  size_t colon = text.find(':');
  std::string_view word = text.substr(0, colon);
  LayoutReference result;
  bool known = false;
  for (auto& [name, kind] : kinds) {
    if (name != word) continue;
    known = true;
    result.kind = kind;
  }
  if (!known || colon == std::string_view::npos) {
    refuse("begins with none of oci:, oci-archive:, docker-archive:");
  }
  std::string_view rest = text.substr(colon + 1);
  size_t end = rest.find(':');
  result.path = rest.substr(0, end);
  if (end != std::string_view::npos) result.name = rest.substr(end + 1);
  if (result.path.empty()) refuse("the path is missing");
  if (result.path.front() != '/') refuse("the path must be absolute: begin with a slash");
  if (end != std::string_view::npos && result.name.empty())
    refuse("the name after the path is empty");
  return result;
}

}  // namespace stave::layout
