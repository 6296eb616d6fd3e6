#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// IP addresses and prefixes as plain values.
namespace stave::net {

enum class Family : uint8_t { none, ipv4, ipv6 };

/// An IPv4 or IPv6 address, or none.
class Address {
 public:
  using Number = unsigned __int128;

  Address() = default;
  Address(Family family, Number number) : family_(family), number_(number) {}

  static std::optional<Address> tryParse(std::string_view text);
  /// Fails [invalid] naming `what`, the field or argument that the text stood in.
  static Address parse(std::string_view text, std::string_view what);
  /// From 4 or 16 bytes in network order.
  static Address fromBytes(const void* bytes, size_t size);

  explicit operator bool() const { return family_ != Family::none; }
  Family family() const { return family_; }
  bool isIpv4() const { return family_ == Family::ipv4; }
  bool isIpv6() const { return family_ == Family::ipv6; }
  unsigned bits() const { return isIpv4() ? 32 : 128; }
  size_t size() const { return bits() / 8; }
  Number number() const { return number_; }
  std::array<uint8_t, 16> bytes() const;  ///< network order; the first size() count
  std::string text() const;               ///< empty if none
  bool isLoopback() const;

  Address plus(Number offset) const { return {family_, number_ + offset}; }
  auto operator<=>(const Address&) const = default;

 private:
  Family family_ = Family::none;
  Number number_ = 0;
};

/// An address block such as 10.88.0.0/16.
class Prefix {
 public:
  Prefix() = default;
  /// Bits of `address` beyond `length` are cleared.
  Prefix(Address address, unsigned length);

  static std::optional<Prefix> tryParse(std::string_view text);
  static Prefix parse(std::string_view text, std::string_view what);  ///< fails [invalid]

  explicit operator bool() const { return static_cast<bool>(address_); }
  Address address() const { return address_; }
  unsigned length() const { return length_; }
  Family family() const { return address_.family(); }
  Address first() const { return address_; }  ///< the network's own address
  Address last() const;                       ///< broadcast in IPv4
  bool contains(Address address) const;
  bool contains(const Prefix& other) const;
  bool overlaps(const Prefix& other) const;
  std::string text() const;
  auto operator<=>(const Prefix&) const = default;

 private:
  Address address_;
  unsigned length_ = 0;
};

/// An Ethernet address.
using Mac = std::array<uint8_t, 6>;
std::optional<Mac> parseMac(std::string_view text);
std::string macText(const Mac& mac);
/// A locally administered unicast one that belongs to the IP address, so that neighbours' caches
/// stay right when an address goes from one endpoint to the next.
Mac macFor(Address address);

/// A short stable name: `prefix` and the first `digits` hex digits of a hash of `text`. For
/// interface names, which have 15 characters at most.
std::string hashedName(std::string_view prefix, std::string_view text, size_t digits);

}  // namespace stave::net
