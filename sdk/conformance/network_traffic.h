#pragma once

#include <kj/io.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

/// Real packets between network namespaces, for the network suite. Everything here blocks, with a
/// bound of about a second, and may run on any thread.
namespace stave::conformance {

enum class Transport { tcp, udp };

/// Answers each message with "NAME:PEER:MESSAGE", PEER being the address that the message came
/// from.
class EchoServer {
 public:
  /// Listens at `address` in the namespace; port 0: any free one.
  EchoServer(int networkNamespace, Transport transport, const std::string& address, uint16_t port,
             std::string name);
  ~EchoServer();

  uint16_t port() const { return port_; }

 private:
  void serveTcp();
  void serveUdp();

  std::string name_;
  kj::AutoCloseFd socket_;
  uint16_t port_ = 0;
  std::thread thread_;
};

/// Sends a message from inside the namespace and gives the answer; nothing if none came.
std::optional<std::string> ask(int networkNamespace, Transport transport,
                               const std::string& address, uint16_t port,
                               const std::string& message);

/// A connection that stays open between messages.
class Conversation {
 public:
  Conversation(int networkNamespace, const std::string& address, uint16_t port);
  std::optional<std::string> say(const std::string& message);

 private:
  kj::AutoCloseFd socket_;
};

struct DnsAnswer {
  int code =
      -1;  ///< of the response: 0 found, 2 server failure, 3 no such name, 5 refused; -1: none came
  std::vector<std::string> addresses;
};

/// Asks a name server for the addresses of a name. `type` is 1 (A) or 28 (AAAA).
DnsAnswer lookUp(int networkNamespace, Transport transport, const std::string& server,
                 const std::string& name, int type = 1);

/// Links, addresses, routes and nftables of the calling thread's namespace as one text.
std::string describeNetwork();

}  // namespace stave::conformance
