#pragma once

#include <capnp/blob.h>
#include <capnp/list.h>
#include <kj/string.h>

#include <string>
#include <string_view>
#include <vector>

/// Between Cap'n Proto's texts and the standard library's.
namespace stave::node {

inline std::string text(kj::StringPtr from) {
  return {from.begin(), from.size()};
}
inline std::string_view view(kj::StringPtr from) {
  return {from.begin(), from.size()};
}

inline std::vector<std::string> texts(capnp::List<capnp::Text>::Reader from) {
  std::vector<std::string> result;
  result.reserve(from.size());
  for (auto each : from) result.push_back(text(each));
  return result;
}

/// Fills a list of texts; `initialize` is the generated init function bound to its builder.
template <typename Initialize>
void setTexts(const std::vector<std::string>& from, Initialize&& initialize) {
  if (from.empty()) return;
  capnp::List<capnp::Text>::Builder list = initialize(from.size());
  for (size_t i = 0; i < from.size(); ++i) list.set(i, from[i].c_str());
}

}  // namespace stave::node
