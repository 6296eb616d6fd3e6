#include <stave/json.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace stave {

namespace {

std::string lowered(std::string_view word) {
  std::string result(word);
  for (char& letter : result)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return result;
}

/// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
size_t distance(std::string_view left, std::string_view right) {
  std::vector<size_t> beforeLast, last(right.size() + 1), current(right.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (size_t i = 1; i <= left.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= right.size(); ++j) {
      size_t replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, replaced});
      bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) current[j] = std::min(current[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    std::swap(last, current);
  }
  return last.back();
}

bool isBeginning(std::string_view beginning, std::string_view whole) {
  return beginning.size() >= 3 && whole.substr(0, beginning.size()) == beginning;
}

}  // namespace

std::string nearestName(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t longest = 128;  // the work grows with the product of the lengths
  if (word.empty() || word.size() > longest) return {};
  auto wanted = lowered(word);
  size_t best = std::max<size_t>(1, wanted.size() / 3) + 1;
  const std::string* nearest = nullptr;
  for (auto& candidate : candidates) {
    if (candidate.size() > longest) continue;
    auto offered = lowered(candidate);
    auto away = distance(wanted, offered);
    if (away >= best && nearest == nullptr && isBeginning(wanted, offered)) away = best - 1;
    if (away < best) {
      best = away;
      nearest = &candidate;
    }
  }
  return nearest == nullptr ? std::string() : *nearest;
}

}  // namespace stave
