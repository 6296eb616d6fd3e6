#pragma once

#include <stave/net/records.h>

#include <mutex>
#include <optional>
#include <set>
#include <string_view>

namespace stave::net {

/// Which names and addresses the pods of a driver's networks may ask for. Changed by the driver's
/// jobs and read by the DNS server, on different threads.
class DnsDirectory {
 public:
  void setNetwork(const NetworkRecord& network);
  void removeNetwork(const std::string& name);
  void setEndpoint(const EndpointRecord& endpoint);
  void removeEndpoint(const EndpointKey& key);

  /// Who is asking: the networks that the sandbox with this address is attached to.
  struct Asker {
    std::set<std::string> networks;
    bool outside = false;  ///< one of them is not internal, so other names may be asked for
  };
  /// Nothing: no pod of ours, and it gets no answer.
  std::optional<Asker> asker(const Address& source) const;

  struct Answer {
    bool known = false;              ///< the name exists, perhaps without addresses of that family
    std::vector<Address> addresses;  ///< each call begins with another one
  };
  Answer resolve(const Asker& asker, std::string_view name, Family family) const;

  struct Reverse {
    bool ours = false;  ///< the address is in a subnet of ours: nobody else is asked
    std::string name;   ///< empty: there is none
  };
  Reverse reverse(const Asker& asker, const Address& address) const;

 private:
  struct Endpoint {
    std::string network;
    std::vector<std::string> names;  ///< lower case
    std::vector<Address> addresses;
    uint64_t sandbox = 0;
  };
  using Name = std::pair<std::string, std::string>;  ///< network, name in lower case

  void forget(const EndpointKey& key);

  mutable std::mutex mutex_;
  mutable uint64_t turn_ = 0;
  std::map<std::string, NetworkRecord> networks_;
  std::map<EndpointKey, Endpoint> endpoints_;
  std::map<Address, EndpointKey> byAddress_;
  std::map<uint64_t, std::multiset<std::string>> sandboxes_;  ///< networks of each
  std::map<Name, std::set<EndpointKey>> names_;
};

/// In lower case and without a dot at the end.
std::string canonicalName(std::string_view name);

}  // namespace stave::net
