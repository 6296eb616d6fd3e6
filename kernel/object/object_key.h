#pragma once

#include <stave/schema/object.capnp.h>

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace stave {

/// What names one object. The kind is the registered name, the namespace is empty for kinds without
/// one and never empty for the others.
struct ObjectKey {
  std::string kind;
  std::string space;
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;

  /// "pod default/web", as messages have it.
  std::string text() const;

  /// "/o/Pod/default/web". Kind and namespace have no slash, so that the name may have any.
  std::string storeKey() const;
  static std::optional<ObjectKey> parse(std::string_view storeKey);
};

/// Where the store keeps objects and the kinds that plug-ins registered: one range holds both.
constexpr std::string_view objectPrefix = "/o/";
constexpr std::string_view kindPrefix = "/k/";
constexpr std::string_view storeRangeStart = "/k/";
constexpr std::string_view storeRangeEnd = "/o0";  // '0' follows '/'

inline std::string_view view(kj::StringPtr text) {
  return {text.begin(), text.size()};
}
inline std::string_view view(capnp::Data::Reader bytes) {
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}
inline kj::StringPtr stringPtr(const std::string& text) {
  return {text.data(), text.size()};
}
inline capnp::Data::Reader dataOf(std::string_view text) {
  return {reinterpret_cast<const kj::byte*>(text.data()), text.size()};
}

}  // namespace stave
