#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace stave {

/// What the names of a kind's objects may be.
class NameRule {
 public:
  /// An RE2 expression for the whole name, empty for the default, and the most bytes, 0 for the
  /// default. Fails [invalid] if it is no expression or the limit is over the store's.
  NameRule(std::string_view pattern, size_t maximum);
  NameRule() : NameRule({}, 0) {}
  ~NameRule() noexcept;
  NameRule(const NameRule&) = default;
  NameRule& operator=(const NameRule&) = default;

  bool fits(std::string_view name) const;
  /// "must match [a-z]+ and have at most 10 bytes".
  std::string text() const;

 private:
  std::shared_ptr<re2::RE2> pattern_;
  size_t maximum_;
};

/// No name of any kind, and none of a namespace, has more bytes.
constexpr size_t maximumName = 512;
constexpr size_t maximumNamespace = 63;

}  // namespace stave
