#include <stave/json.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace stave {

namespace {

/// Takes a decimal number without sign or exponent from the beginning of the text.
std::optional<long double> takeNumber(std::string_view& text) {
  size_t end = text.find_first_not_of("0123456789.");
  auto digits = text.substr(0, end);
  if (digits.empty() || digits.front() == '.' || digits.back() == '.') return std::nullopt;
  long double number = 0;
  auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number,
                                       std::chars_format::fixed);
  if (error != std::errc() || rest != digits.data() + digits.size()) return std::nullopt;
  text.remove_prefix(digits.size());
  return number;
}

kj::Maybe<uint64_t> whole(long double number) {
  if (!(number < 18446744073709551616.0L)) return nullptr;
  return static_cast<uint64_t>(std::floor(number));
}

/// The binary multiple that a suffix such as "k", "MB" or "GiB" stands for.
std::optional<long double> multipleOf(std::string_view suffix) {
  if (suffix.empty() || suffix == "b" || suffix == "B") return 1;
  constexpr std::string_view letters = "kmgtp";
  auto power = letters.find(static_cast<char>(suffix.front() | 0x20));
  if (power == std::string_view::npos) return std::nullopt;
  suffix.remove_prefix(1);
  bool known = suffix.empty() || suffix == "b" || suffix == "B" || suffix == "ib" || suffix == "iB";
  if (!known) return std::nullopt;
  return std::ldexp(1.0L, 10 * (static_cast<int>(power) + 1));
}

struct TimeUnit {
  std::string_view name;
  long double milliseconds;
};

/// Takes a unit from the beginning of the text; the longer names stand before their beginnings.
std::optional<long double> takeTimeUnit(std::string_view& text) {
  static constexpr TimeUnit units[] = {{"ms", 1},        {"us", 1e-3L}, {"ns", 1e-6L},
                                       {"s", 1000},      {"m", 60'000}, {"h", 3600'000},
                                       {"d", 86'400'000}};
  for (auto& unit : units) {
    if (text.substr(0, unit.name.size()) != unit.name) continue;
    text.remove_prefix(unit.name.size());
    return unit.milliseconds;
  }
  return std::nullopt;
}

}  // namespace

kj::Maybe<uint64_t> parseBytes(std::string_view text) {
  auto number = takeNumber(text);
  if (!number) return nullptr;
  if (text.substr(0, 1) == " ") text.remove_prefix(1);
  auto multiple = multipleOf(text);
  if (!multiple) return nullptr;
  return whole(*number * *multiple);
}

kj::Maybe<uint64_t> parseMilliseconds(std::string_view text) {
  if (text == "0") return uint64_t(0);
  long double sum = 0;
  do {
    auto number = takeNumber(text);
    if (!number) return nullptr;
    auto unit = takeTimeUnit(text);
    if (!unit) return nullptr;
    sum += *number * *unit;
  } while (!text.empty());
  return whole(sum);
}

}  // namespace stave
