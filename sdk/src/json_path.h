#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace stave::json {

/// Where in a value a decoder is. A chain on the stack, made into text for errors only.
class Path {
 public:
  explicit Path(std::string_view root) : name_(root) {}
  Path(const Path& parent, std::string_view name)
      : depth(parent.depth + 1), parent_(&parent), name_(name) {}
  Path(const Path& parent, unsigned index)
      : depth(parent.depth + 1), parent_(&parent), index_(index), isIndex_(true) {}

  /// "spec.containers[0].image".
  std::string text() const;

  /// Throws [invalid] "PATH: message".
  [[noreturn]] void fail(const std::string& message) const;

  unsigned depth = 0;

 private:
  const Path* parent_ = nullptr;
  std::string_view name_;
  unsigned index_ = 0;
  bool isIndex_ = false;
};

/// What a person calls such a value: "a number", "text".
std::string describe(const nlohmann::json& value);

}  // namespace stave::json
