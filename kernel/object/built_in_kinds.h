#pragma once

#include <string_view>
#include <vector>

namespace stave {

/// What a built-in kind is besides its types.
struct BuiltInKind {
  struct Column {
    std::string_view title;
    std::string_view path;
  };

  std::string_view name;
  std::string_view plural;
  std::vector<std::string_view> shortNames;
  bool namespaced;
  std::vector<Column> columns;
  std::string_view names = {};  ///< as KindDefinition.names
  uint16_t nameLength = 0;
};

}  // namespace stave
