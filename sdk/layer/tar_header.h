#pragma once

#include <kj/common.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stave::layer {

inline constexpr size_t tarBlock = 512;

/// One field of a header.
struct TarField {
  size_t offset;
  size_t size;
};

namespace field {
inline constexpr TarField name{0, 100}, mode{100, 8}, uid{108, 8}, gid{116, 8}, size{124, 12},
    modified{136, 12}, checksum{148, 8}, type{156, 1}, link{157, 100}, magic{257, 8}, major{329, 8},
    minor{337, 8}, prefix{345, 155}, sparseMap{386, 96}, sparseExtended{482, 1},
    sparseSize{483, 12};
}  // namespace field

/// A header block, kept.
struct TarHeader {
  char bytes[tarBlock];

  std::string_view raw(TarField part) const { return {bytes + part.offset, part.size}; }

  /// Up to the first NUL.
  std::string text(TarField part) const;
  char type() const { return bytes[field::type.offset]; }
  std::string path() const;  ///< with the prefix of ustar
  bool checksumMatches() const;
};

/// Octal digits, or base 256 with a sign when the first bit is set. Nothing when it is neither.
kj::Maybe<int64_t> parseTarNumber(std::string_view raw);

/// Decimal digits only.
kj::Maybe<uint64_t> parseDecimal(std::string_view text);

/// Seconds with a fraction, as pax writes times: "-1.25".
kj::Maybe<std::pair<int64_t, uint32_t>> parseTarTime(std::string_view text);

using TarRecords = std::vector<std::pair<std::string, std::string>>;

/// "27 mtime=1234567890.123\n" and so on. False when it is not well formed.
bool parseTarRecords(std::string_view text, TarRecords& records);

}  // namespace stave::layer
