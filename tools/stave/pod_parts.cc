#include "pod_parts.h"

#include <charconv>

#include "syntax.h"

namespace stave::cli {

void setPair(std::vector<Pair>& pairs, const std::string& name, const std::string& value) {
  for (auto& [known, content] : pairs) {
    if (known != name) continue;
    content = value;
    return;
  }
  pairs.emplace_back(name, value);
}

std::vector<Pair> pairsOf(const std::vector<std::string>& lines, std::string_view flag) {
  std::vector<Pair> pairs;
  for (auto& line : lines) {
    auto [name, value] = parsePair(line, flag);
    setPair(pairs, name, value.value_or(""));
  }
  return pairs;
}

void copyPairs(const std::vector<Pair>& pairs, capnp::List<schema::KeyValue>::Builder target) {
  for (unsigned i = 0; i < pairs.size(); ++i) {
    target[i].setKey(pairs[i].first);
    target[i].setValue(pairs[i].second);
  }
}

void copyTexts(const std::vector<std::string>& texts, capnp::List<capnp::Text>::Builder target) {
  for (unsigned i = 0; i < texts.size(); ++i) target.set(i, texts[i]);
}

int64_t checkedRange(int64_t number, int64_t lowest, int64_t highest, std::string_view flag) {
  if (number >= lowest && number <= highest) return number;
  failFlag(flag, std::to_string(number),
           "it must be from " + std::to_string(lowest) + " to " + std::to_string(highest));
}

int64_t checkedNumber(const std::string& text, int64_t lowest, int64_t highest,
                      std::string_view flag) {
  int64_t number = 0;
  auto end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || rest != end)
    failFlag(flag, text, "not a whole number");
  return checkedRange(number, lowest, highest, flag);
}

}  // namespace stave::cli
