#include "kernel/object/object_key.h"

namespace stave {

namespace {

/// Control characters as \xNN: a name that somebody sent must not steer a terminal.
std::string printable(const std::string& name) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string result;
  for (unsigned char letter : name) {
    if (letter >= 0x20 && letter != 0x7f) {
      result += static_cast<char>(letter);
    } else {
      result += {'\\', 'x', digits[letter >> 4], digits[letter & 15]};
    }
  }
  return result;
}

}  // namespace

std::string ObjectKey::text() const {
  std::string result = kind;
  for (char& letter : result) {
    if (letter >= 'A' && letter <= 'Z') letter += 'a' - 'A';
  }
  result += ' ';
  if (!space.empty()) result += space + "/";
  return result + printable(name);
}

std::string ObjectKey::storeKey() const {
  return std::string(objectPrefix) + kind + "/" + space + "/" + name;
}

std::optional<ObjectKey> ObjectKey::parse(std::string_view storeKey) {
  if (!storeKey.starts_with(objectPrefix)) return std::nullopt;
  storeKey.remove_prefix(objectPrefix.size());
  size_t kindEnd = storeKey.find('/');
  if (kindEnd == std::string_view::npos) return std::nullopt;
  size_t spaceEnd = storeKey.find('/', kindEnd + 1);
  if (spaceEnd == std::string_view::npos) return std::nullopt;
  ObjectKey key{std::string(storeKey.substr(0, kindEnd)),
                std::string(storeKey.substr(kindEnd + 1, spaceEnd - kindEnd - 1)),
                std::string(storeKey.substr(spaceEnd + 1))};
  if (key.kind.empty() || key.name.empty()) return std::nullopt;
  return key;
}

}  // namespace stave
