#pragma once

#include <map>
#include <string>
#include <vector>

namespace stave::plugin {

/// One plug-in as the order of starting sees it.
struct Needs {
  std::string kind, name;
  std::vector<std::string> requirements;  ///< "content", "store/sqlite"
};

/// For each plug-in, by index, the indices of those that must be loaded before it; or why it cannot
/// be started at all: something required is not in the stack, or it is part of a circle.
struct StartOrder {
  std::vector<std::vector<size_t>> before;
  std::map<size_t, std::string> impossible;
};

StartOrder startOrder(const std::vector<Needs>& plugins);

}  // namespace stave::plugin
