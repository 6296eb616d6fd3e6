#pragma once

#include <kj/io.h>
#include <stave/net/records.h>

#include <memory>

namespace stave::bridge {

/// The host's ports that pods have published. Each is held by a bound socket, so that neither
/// another pod nor a process of the host gets it; packets never reach that socket.
class Ports {
 public:
  /// Reserves what the endpoint asks for and fills in `published`. Ports that it held before and
  /// asks for again stay as they are, others are let go. Fails [conflict] naming the port and who
  /// has it, [exhausted] (no free port in the range), [invalid] (no address of this host), and then
  /// changes nothing.
  void assign(net::EndpointRecord& endpoint);

  /// Takes again what a record says after a restart. Returns what could not be taken, for the log.
  std::vector<std::string> restore(const net::EndpointRecord& endpoint);
  void release(const net::EndpointKey& key);

 private:
  struct Held {
    net::PublishedPort port;
    std::vector<std::shared_ptr<kj::AutoCloseFd>> sockets;
  };
  struct Holder {
    net::Address address;
    std::string podName;
  };
  using HeldList = std::vector<Held>;
  using Number = std::pair<net::Protocol, uint16_t>;

  Held reserve(const net::EndpointRecord& endpoint, const net::PublishedPort& wanted);
  Held reserveExactly(const net::EndpointRecord& endpoint, net::PublishedPort port);
  void checkUnused(const net::PublishedPort& port) const;
  void enter(const net::EndpointRecord& endpoint, const Held& held);
  void leave(const Held& held);
  void leaveAllBut(const HeldList& kept, const HeldList& list);

  std::map<net::EndpointKey, HeldList> held_;
  std::multimap<Number, Holder> holders_;
};

}  // namespace stave::bridge
