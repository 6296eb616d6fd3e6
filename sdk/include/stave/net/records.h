#pragma once

#include <stave/net/address.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a network driver remembers, and how it writes it down: one small file per network and per
/// endpoint, replaced atomically. The endpoints' files are the only record of which address is
/// taken.
namespace stave::net {

enum class Protocol : uint8_t { tcp, udp, sctp };
std::string_view nameOf(Protocol protocol);

struct PublishedPort {
  Address hostAddress;       ///< none: all
  uint16_t hostPort = 0;     ///< 0: any free one
  uint16_t hostPortEnd = 0;  ///< 0: just hostPort
  uint16_t containerPort = 0;
  Protocol protocol = Protocol::tcp;
  bool operator==(const PublishedPort&) const = default;
};

struct Subnet {
  Prefix prefix;
  Address gateway;
  Prefix range;  ///< none: all of prefix
  std::map<std::string, Address> reserved;
  bool operator==(const Subnet&) const = default;
};

struct NetworkRecord {
  std::string name;
  std::vector<Subnet> subnets;  ///< IPv4 first
  bool internal = false;
  uint32_t mtu = 0;
  std::string interfaceName;  ///< of the host
  std::map<std::string, std::string> options;

  const Subnet* subnet(Family family) const;  ///< null: none of that family
  bool operator==(const NetworkRecord&) const = default;
};

/// What the engine asks for; the record of an endpoint begins as a copy of it.
struct EndpointRequest {
  std::string network;
  std::string endpoint;
  std::string podName;
  std::string interfaceName;
  Address ipv4;
  Address ipv6;
  std::optional<Mac> mac;
  std::vector<std::string> names;
  std::vector<PublishedPort> ports;
  bool gateway = false;
};

struct EndpointRecord : EndpointRequest {
  std::string hostInterface;
  std::vector<PublishedPort> published;  ///< `ports` with host ports filled in
  uint64_t sandbox = 0;                  ///< cookie of its network namespace
  bool ready = false;                    ///< false: found so after a crash, it is half made
};

using EndpointKey = std::pair<std::string, std::string>;  ///< network, endpoint
inline EndpointKey keyOf(const EndpointRequest& endpoint) {
  return {endpoint.network, endpoint.endpoint};
}

/// A file's name for any text: what is not a letter, a digit, '-', '_' or an inner '.' is written
/// %XX.
std::string fileNameFor(std::string_view text);

class RecordStore {
 public:
  /// Files stand in `directory`/networks and `directory`/endpoints.
  explicit RecordStore(std::string directory);

  std::map<std::string, NetworkRecord> loadNetworks() const;
  std::map<EndpointKey, EndpointRecord> loadEndpoints() const;
  void save(const NetworkRecord& network) const;
  void save(const EndpointRecord& endpoint) const;
  void removeNetwork(const std::string& name) const;
  void removeEndpoint(const EndpointKey& key) const;

 private:
  std::string networkPath(const std::string& name) const;
  std::string endpointPath(const EndpointKey& key) const;

  std::string directory_;
};

}  // namespace stave::net
