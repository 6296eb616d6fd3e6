#include "kernel/object/object_key.h"

namespace stave {

std::string ObjectKey::text() const {
  std::string result = kind;
  for (char& letter : result) {
    if (letter >= 'A' && letter <= 'Z') letter += 'a' - 'A';
  }
  result += ' ';
  if (!space.empty()) result += space + "/";
  return result + name;
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
