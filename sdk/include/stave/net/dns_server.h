#pragma once

#include <stave/net/dns_directory.h>

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace stave::net {

struct DnsOptions {
  std::vector<Address> upstream;        ///< asked for other names, in this order
  std::vector<uint16_t> upstreamPorts;  ///< of each; missing: 53
  uint16_t port = 53;
  unsigned timeoutMs = 2000;           ///< of one try
  unsigned attempts = 3;               ///< over all servers together
  unsigned maximumOutstanding = 1000;  ///< questions under way to others; beyond it: server failure
  unsigned maximumConnections = 256;   ///< of TCP, from pods
};

/// Answers the names of a directory over UDP and TCP and forwards everything else. Only pods of the
/// directory's networks are answered: a question that comes back from a server that we asked, or
/// from the host itself, is refused, so that there can be no loop.
class DnsServer {
 public:
  DnsServer(boost::asio::io_context& context, const DnsDirectory& directory, DnsOptions options);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;

  /// Listens at exactly these addresses from now on. Returns what did not work, one text each.
  std::vector<std::string> listen(const std::vector<Address>& addresses);
  bool listensAt(const Address& address) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

/// The "nameserver" lines of a resolv.conf.
std::vector<Address> nameserversIn(std::string_view resolvConf);

}  // namespace stave::net
