#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Which image of an index runs on which machine.
namespace stave::image {

struct Platform {
  std::string os;
  std::string architecture;  ///< GOARCH name
  std::string variant;

  bool operator==(const Platform&) const = default;

  /// "linux/arm64/v8".
  std::string text() const;
};

/// This machine.
Platform hostPlatform();

/// Empty fields from the host, other names of an architecture ("x86_64", "aarch64", "armhf") to the
/// usual ones, and a variant that says nothing ("v8" of arm64, "v1" of amd64) left out.
Platform normalize(const Platform& platform);

/// "linux/arm/v7", "amd64", "linux/amd64". Fails [invalid].
Platform parsePlatform(std::string_view text);

/// How well what there is suits what is wanted: 0 not at all, otherwise higher is better. A machine
/// of arm v7 also runs v6 and v5, one of amd64 v3 also v2 and v1. If no variant is wanted, any will
/// do.
unsigned suitability(const Platform& wanted, const Platform& offered);

/// The index of the best one, or -1.
int choosePlatform(const Platform& wanted, const std::vector<Platform>& offered);

}  // namespace stave::image
