#include <stave/error.h>
#include <stave/image/platform.h>
#include <stave/os/machine.h>

#include <algorithm>
#include <array>
#include <utility>

namespace stave::image {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> otherNames = {{
    {"x86_64", "amd64"},
    {"x86-64", "amd64"},
    {"aarch64", "arm64"},
    {"armhf", "arm"},
    {"armel", "arm"},
    {"armv7l", "arm"},
    {"armv6l", "arm"},
    {"i386", "386"},
    {"i686", "386"},
    {"ppc64el", "ppc64le"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> impliedVariants = {{
    {"armhf", "v7"},
    {"armel", "v6"},
    {"armv7l", "v7"},
    {"armv6l", "v6"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> plainVariants = {{
    {"arm64", "v8"},
    {"amd64", "v1"},
    {"arm", "v7"},
}};

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return text;
}

template <size_t size>
std::string_view lookUp(
    const std::array<std::pair<std::string_view, std::string_view>, size>& table,
    std::string_view key) {
  for (auto& [from, to] : table) {
    if (from == key) return to;
  }
  return "";
}

/// "v7" is 7; what says nothing is the variant that the architecture's plain images have.
int variantNumber(const Platform& platform) {
  std::string_view variant = platform.variant;
  if (variant.empty()) variant = lookUp(plainVariants, platform.architecture);
  if (variant.starts_with('v')) variant.remove_prefix(1);
  if (variant.empty() || variant.size() > 2 ||
      variant.find_first_not_of("0123456789") != std::string_view::npos) {
    return 0;
  }
  return std::stoi(std::string(variant));
}

}  // namespace

std::string Platform::text() const {
  std::string text = os + "/" + architecture;
  return variant.empty() ? text : text + "/" + variant;
}

Platform normalize(const Platform& platform) {
  Platform result{lowered(platform.os), lowered(platform.architecture), lowered(platform.variant)};
  if (result.os.empty()) result.os = "linux";
  if (result.architecture.empty()) result.architecture = os::machineName();
  if (result.variant.empty()) result.variant = lookUp(impliedVariants, result.architecture);
  std::string_view usual = lookUp(otherNames, result.architecture);
  if (!usual.empty()) result.architecture = usual;
  if (!result.variant.empty() && result.variant[0] >= '0' && result.variant[0] <= '9') {
    result.variant = "v" + result.variant;
  }
  bool plain =
      result.architecture != "arm" && result.variant == lookUp(plainVariants, result.architecture);
  if (plain) result.variant.clear();
  return result;
}

Platform hostPlatform() {
  return normalize({});
}

Platform parsePlatform(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('/', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  bool empty = std::any_of(parts.begin(), parts.end(), [](auto& part) { return part.empty(); });
  if (empty || parts.size() > 3) {
    fail(ErrorCode::INVALID, "platform \"" + std::string(text) +
                                 "\": written as os/architecture or os/architecture/variant");
  }
  if (parts.size() == 1) {
    bool isOs = parts[0] == "linux" || parts[0] == "windows" || parts[0] == "freebsd";
    return normalize(isOs ? Platform{parts[0], "", ""} : Platform{"linux", parts[0], ""});
  }
  return normalize({parts[0], parts[1], parts.size() == 3 ? parts[2] : ""});
}

unsigned suitability(const Platform& wanted, const Platform& offered) {
  Platform want = normalize(wanted);
  Platform have =
      normalize({offered.os.empty() ? "unknown" : offered.os,
                 offered.architecture.empty() ? "unknown" : offered.architecture, offered.variant});
  if (want.os != have.os || want.architecture != have.architecture) return 0;
  if (want.variant == have.variant) return 100;
  int wantNumber = variantNumber(want), haveNumber = variantNumber(have);
  bool runs = wantNumber > 0 && haveNumber > 0 && haveNumber <= wantNumber;
  if (runs) return 100 - (wantNumber - haveNumber);
  return wanted.variant.empty() ? 1 : 0;
}

int choosePlatform(const Platform& wanted, const std::vector<Platform>& offered) {
  int best = -1;
  unsigned bestSuitability = 0;
  for (size_t i = 0; i < offered.size(); ++i) {
    unsigned value = suitability(wanted, offered[i]);
    if (value > bestSuitability) {
      bestSuitability = value;
      best = static_cast<int>(i);
    }
  }
  return best;
}

}  // namespace stave::image
