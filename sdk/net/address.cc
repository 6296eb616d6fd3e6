#include <arpa/inet.h>
#include <fmt/format.h>
#include <stave/error.h>
#include <stave/net/address.h>

#include <charconv>

namespace stave::net {

std::optional<Address> Address::tryParse(std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN) return std::nullopt;
  std::string copy(text);
  uint8_t bytes[16];
  if (inet_pton(AF_INET, copy.c_str(), bytes) == 1) return fromBytes(bytes, 4);
  if (inet_pton(AF_INET6, copy.c_str(), bytes) == 1) return fromBytes(bytes, 16);
  return std::nullopt;
}

Address Address::parse(std::string_view text, std::string_view what) {
  if (auto address = tryParse(text)) return *address;
  fail(ErrorCode::INVALID, fmt::format("{}: '{}' is not an IP address", what, text));
}

Address Address::fromBytes(const void* bytes, size_t size) {
  auto octets = static_cast<const uint8_t*>(bytes);
  Number number = 0;
  for (size_t i = 0; i < size; ++i) number = number << 8 | octets[i];
  return {size == 4 ? Family::ipv4 : Family::ipv6, number};
}

std::array<uint8_t, 16> Address::bytes() const {
  std::array<uint8_t, 16> result{};
  for (size_t i = 0; i < size(); ++i) {
    result[i] = static_cast<uint8_t>(number_ >> (8 * (size() - 1 - i)));
  }
  return result;
}

std::string Address::text() const {
  if (!*this) return {};
  char buffer[INET6_ADDRSTRLEN];
  return inet_ntop(isIpv4() ? AF_INET : AF_INET6, bytes().data(), buffer, sizeof buffer);
}

bool Address::isLoopback() const {
  return isIpv4() ? (number_ >> 24) == 127 : isIpv6() && number_ == 1;
}

namespace {

/// All bits that a prefix of this length leaves to hosts.
Address::Number hostMask(unsigned bits, unsigned length) {
  unsigned free = bits - length;
  if (free >= 128) return ~Address::Number(0);
  return (Address::Number(1) << free) - 1;
}

}  // namespace

Prefix::Prefix(Address address, unsigned length)
    : address_(address.family(), address.number() & ~hostMask(address.bits(), length)),
      length_(length) {}

std::optional<Prefix> Prefix::tryParse(std::string_view text) {
  auto slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  auto address = Address::tryParse(text.substr(0, slash));
  unsigned length = 0;
  auto digits = text.substr(slash + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  bool number = error == std::errc() && end == digits.data() + digits.size();
  if (!address || !number || length > address->bits()) return std::nullopt;
  return Prefix(*address, length);
}

Prefix Prefix::parse(std::string_view text, std::string_view what) {
  if (auto prefix = tryParse(text)) return *prefix;
  fail(ErrorCode::INVALID,
       fmt::format("{}: '{}' is not an address block such as 10.1.0.0/16", what, text));
}

Address Prefix::last() const {
  return {family(), address_.number() | hostMask(address_.bits(), length_)};
}

bool Prefix::contains(Address address) const {
  return address.family() == family() && first() <= address && address <= last();
}

bool Prefix::contains(const Prefix& other) const {
  return other.length_ >= length_ && contains(other.address_);
}

bool Prefix::overlaps(const Prefix& other) const {
  return contains(other.address_) || other.contains(address_);
}

std::string Prefix::text() const {
  return *this ? fmt::format("{}/{}", address_.text(), length_) : std::string();
}

std::optional<Mac> parseMac(std::string_view text) {
  Mac mac;
  if (text.size() != 17) return std::nullopt;
  for (size_t i = 0; i < mac.size(); ++i) {
    auto begin = text.data() + i * 3;
    auto [end, error] = std::from_chars(begin, begin + 2, mac[i], 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
    if (i + 1 < mac.size() && begin[2] != ':') return std::nullopt;
  }
  return mac;
}

std::string macText(const Mac& mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3],
                     mac[4], mac[5]);
}

Mac macFor(Address address) {
  auto number = static_cast<uint32_t>(address.number());
  if (address.isIpv6()) number ^= static_cast<uint32_t>(address.number() >> 64);
  Mac mac{0x02, 0x53};  // bit 1 of the first octet: locally administered
  for (int i = 0; i < 4; ++i) mac[2 + i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  return mac;
}

std::string hashedName(std::string_view prefix, std::string_view text, size_t digits) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a; names only have to be stable and spread
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  hash ^= hash >> 32;
  return std::string(prefix) + fmt::format("{:016x}", hash).substr(16 - digits);
}

}  // namespace stave::net
