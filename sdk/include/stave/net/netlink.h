#pragma once

#include <stave/net/address.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct nl_msg;
struct nl_sock;
struct nlattr;
struct nlmsghdr;

/// Netlink messages and the routing socket, on libnl. What they are used for stands in links.h.
namespace stave::net {

/// One request under construction.
class NetlinkMessage {
 public:
  /// `attempted` goes into the error if the kernel refuses it: "adding the address 10.0.0.1/24".
  NetlinkMessage(int type, int flags, std::string attempted);
  NetlinkMessage(NetlinkMessage&&) noexcept = default;
  NetlinkMessage& operator=(NetlinkMessage&&) noexcept = default;

  /// The fixed part behind the netlink header, and of attributes that carry one inside.
  template <typename Header>
  void append(const Header& header) {
    appendBytes(&header, sizeof header);
  }
  void put(int attribute, const void* data, size_t size);
  void put(int attribute, std::string_view text);  ///< with a zero at its end
  void put(int attribute, uint32_t value) { put(attribute, &value, sizeof value); }
  void putByte(int attribute, uint8_t value) { put(attribute, &value, sizeof value); }
  void put(int attribute, const Address& address);
  /// Attributes that `fill` puts stand inside this one.
  void nest(int attribute, const std::function<void()>& fill);

  nlmsghdr* header() const;
  const std::string& attempted() const { return attempted_; }

 private:
  struct Free {
    void operator()(nl_msg* message) const;
  };
  void appendBytes(const void* data, size_t size);

  std::unique_ptr<nl_msg, Free> message_;
  std::string attempted_;
};

/// The attributes of a received message, by number; views into it.
class Attributes {
 public:
  Attributes(nlattr* first, int length);
  nlattr* get(int attribute) const;
  uint32_t number(int attribute) const;   ///< 0 if absent
  std::string text(int attribute) const;  ///< empty if absent
  Address address(int attribute) const;   ///< none if absent
  std::string_view data(int attribute) const;
  Attributes inside(int attribute) const;

 private:
  std::vector<nlattr*> table_;
};

/// A routing socket of the network namespace in which it was made; usable from any thread, one at a
/// time.
class RouteSocket {
 public:
  RouteSocket();
  static RouteSocket in(int networkNamespace);  ///< see os::inNetworkNamespace

  /// Sends the requests in one system call, waits for all answers, and throws for the first one
  /// that was refused. The kernel does those behind it nevertheless.
  void commit(const std::vector<NetlinkMessage>& messages);
  void commit(NetlinkMessage message);

  /// Asks and hands each part of the answer to `receive`, which sees the message's fixed part.
  void query(NetlinkMessage message, const std::function<void(nlmsghdr*)>& receive);

  uint32_t index(const std::string& interfaceName) const;  ///< 0: there is none
  uint64_t namespaceCookie() const;
  void settle(const std::string& interfaceName) const;  ///< see os::settleLink

 private:
  struct Free {
    void operator()(nl_sock* socket) const;
  };
  std::vector<uint8_t> receive();

  std::unique_ptr<nl_sock, Free> socket_;
  uint32_t sequence_ = 0;
};

}  // namespace stave::net
