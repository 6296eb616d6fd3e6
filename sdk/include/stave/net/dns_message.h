#pragma once

#include <stave/net/address.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The part of the DNS wire format (RFC 1035, EDNS of RFC 6891) that a server of a few record types
/// and a forwarder need. Input is from strangers: nothing here trusts a length or a count.
namespace stave::net::dns {

constexpr uint16_t typeA = 1, typePtr = 12, typeAaaa = 28, typeAny = 255, typeOpt = 41;
constexpr uint16_t classIn = 1;
enum class Code : uint8_t { ok = 0, format = 1, failure = 2, noName = 3, unknown = 4, refused = 5 };

constexpr size_t headerSize = 12;
constexpr size_t plainUdpLimit = 512;
constexpr size_t largestMessage = 65535;

struct Query {
  uint16_t id = 0;
  uint16_t flags = 0;
  std::string name;  ///< labels with dots between; empty: the root
  uint16_t type = 0;
  uint16_t klass = 0;
  size_t questionEnd = 0;           ///< where the question ends in the message
  size_t udpLimit = plainUdpLimit;  ///< bytes that the asker takes in one datagram
  bool extended = false;            ///< it has an EDNS record
};

/// A standard query with exactly one question; nothing for anything else.
std::optional<Query> parseQuery(std::string_view message);

bool isResponse(std::string_view message);
bool isTruncated(std::string_view message);
uint16_t idOf(std::string_view message);
void setId(std::string& message, uint16_t id);

/// Whether `response` answers what was sent as `query`: same id, same question.
bool answers(std::string_view response, std::string_view query, size_t questionEnd);

struct Content {
  std::vector<Address> addresses;
  std::string pointer;      ///< a name, for PTR
  uint32_t timeToLive = 0;  ///< seconds
};

/// A response of our own to `message`, which was parsed as `query`. What does not fit in `limit`
/// bytes is left out and the response marked as truncated.
std::string respond(std::string_view message, const Query& query, Code code, const Content& content,
                    size_t limit);

/// A foreign response cut to header and question and marked as truncated if it is over `limit`.
std::string fit(std::string response, const Query& query, size_t limit);

/// "4.3.2.1.in-addr.arpa" and the IPv6 form.
std::optional<Address> addressOfReverseName(std::string_view name);

}  // namespace stave::net::dns
