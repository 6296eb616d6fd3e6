#include "tar_header.h"

#include <charconv>

namespace stave::layer {

namespace {

constexpr size_t nanosecondDigits = 9;

kj::Maybe<int64_t> parseBase256(std::string_view raw) {
  bool negative = (raw[0] & 0x40) != 0;
  uint64_t filler = negative ? 0xff : 0;
  uint64_t value = negative ? ~uint64_t(0) : 0;
  for (size_t i = 0; i < raw.size(); i++) {
    uint64_t byte = uint8_t(raw[i]);
    if (i == 0) byte = negative ? byte : byte & 0x7f;
    bool significant = raw.size() - i <= sizeof(value);
    if (!significant && byte != filler) return nullptr;
    value = value << 8 | byte;
  }
  if ((int64_t(value) < 0) != negative) return nullptr;
  return int64_t(value);
}

}  // namespace

std::string TarHeader::text(TarField part) const {
  auto bytes = raw(part);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

std::string TarHeader::path() const {
  auto name = text(field::name);
  bool ustar = raw(field::magic).substr(0, 6) == std::string_view("ustar\0", 6);
  if (!ustar) return name;
  auto prefix = text(field::prefix);
  return prefix.empty() ? name : prefix + "/" + name;
}

bool TarHeader::checksumMatches() const {
  int64_t sum = 0;
  int64_t signedSum = 0;  // what some old writers computed
  for (size_t i = 0; i < tarBlock; i++) {
    bool inside = i >= field::checksum.offset && i < field::checksum.offset + field::checksum.size;
    char byte = inside ? ' ' : bytes[i];
    sum += uint8_t(byte);
    signedSum += static_cast<signed char>(byte);
  }
  auto stored = parseTarNumber(raw(field::checksum));
  KJ_IF_MAYBE (value, stored) {
    return *value == sum || *value == signedSum;
  }
  return false;
}

kj::Maybe<int64_t> parseTarNumber(std::string_view raw) {
  if (!raw.empty() && (raw[0] & 0x80) != 0) return parseBase256(raw);
  raw = raw.substr(0, raw.find('\0'));
  auto first = raw.find_first_not_of(' ');
  if (first == std::string_view::npos) return int64_t(0);
  raw = raw.substr(first, raw.find_last_not_of(' ') - first + 1);
  int64_t value = 0;
  auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value, 8);
  if (error != std::errc() || end != raw.data() + raw.size() || value < 0) return nullptr;
  return value;
}

kj::Maybe<uint64_t> parseDecimal(std::string_view text) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return nullptr;
  return value;
}

kj::Maybe<std::pair<int64_t, uint32_t>> parseTarTime(std::string_view text) {
  auto dot = text.find('.');
  auto whole = text.substr(0, dot);
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
  if (error != std::errc() || end != whole.data() + whole.size()) return nullptr;
  uint32_t nanoseconds = 0;
  if (dot != std::string_view::npos) {
    auto fraction = std::string(text.substr(dot + 1));
    fraction.resize(nanosecondDigits, '0');
    KJ_IF_MAYBE (value, parseDecimal(fraction)) {
      nanoseconds = uint32_t(*value);
    } else {
      return nullptr;
    }
  }
  if (!whole.starts_with('-') || nanoseconds == 0) return std::make_pair(seconds, nanoseconds);
  return std::make_pair(seconds - 1, 1'000'000'000 - nanoseconds);
}

bool parseTarRecords(std::string_view text, TarRecords& records) {
  while (!text.empty()) {
    auto space = text.find(' ');
    if (space == std::string_view::npos) return false;
    uint64_t size = 0;
    KJ_IF_MAYBE (value, parseDecimal(text.substr(0, space))) {
      size = *value;
    }
    if (size <= space + 1 || size > text.size() || text[size - 1] != '\n') return false;
    auto record = text.substr(space + 1, size - space - 2);
    auto equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) return false;
    records.emplace_back(record.substr(0, equals), record.substr(equals + 1));
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace stave::layer
