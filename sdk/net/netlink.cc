#include <fmt/format.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stave/error.h>
#include <stave/net/netlink.h>
#include <stave/os/netns.h>
#include <stave/os/socket.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

namespace stave::net {

void NetlinkMessage::Free::operator()(nl_msg* message) const {
  nlmsg_free(message);
}

NetlinkMessage::NetlinkMessage(int type, int flags, std::string attempted)
    : message_(nlmsg_alloc_simple(type, NLM_F_REQUEST | flags)), attempted_(std::move(attempted)) {
  if (!message_) fail(ErrorCode::EXHAUSTED, attempted_ + ": no memory for a netlink message");
}

nlmsghdr* NetlinkMessage::header() const {
  return nlmsg_hdr(message_.get());
}

namespace {

void check(int result, const std::string& attempted) {
  if (result < 0) fail(ErrorCode::INTERNAL, attempted + ": " + nl_geterror(result));
}

}  // namespace

void NetlinkMessage::appendBytes(const void* data, size_t size) {
  check(nlmsg_append(message_.get(), const_cast<void*>(data), size, NLMSG_ALIGNTO), attempted_);
}

void NetlinkMessage::put(int attribute, const void* data, size_t size) {
  check(nla_put(message_.get(), attribute, static_cast<int>(size), data), attempted_);
}

void NetlinkMessage::put(int attribute, std::string_view text) {
  std::string copy(text);
  put(attribute, copy.c_str(), copy.size() + 1);
}

void NetlinkMessage::put(int attribute, const Address& address) {
  put(attribute, address.bytes().data(), address.size());
}

void NetlinkMessage::nest(int attribute, const std::function<void()>& fill) {
  auto start = nla_nest_start(message_.get(), attribute);
  if (start == nullptr) fail(ErrorCode::INTERNAL, attempted_ + ": the netlink message is too long");
  fill();
  nla_nest_end(message_.get(), start);
}

Attributes::Attributes(nlattr* first, int length) {
  for (auto at = first; nla_ok(at, length); at = nla_next(at, &length)) {
    auto type = static_cast<size_t>(nla_type(at));
    if (type >= table_.size()) table_.resize(type + 1);
    table_[type] = at;
  }
}

nlattr* Attributes::get(int attribute) const {
  auto place = static_cast<size_t>(attribute);
  return place < table_.size() ? table_[place] : nullptr;
}

std::string_view Attributes::data(int attribute) const {
  auto found = get(attribute);
  if (found == nullptr) return {};
  return {static_cast<const char*>(nla_data(found)), static_cast<size_t>(nla_len(found))};
}

uint32_t Attributes::number(int attribute) const {
  uint32_t value = 0;
  auto bytes = data(attribute);
  if (bytes.size() >= sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string Attributes::text(int attribute) const {
  auto bytes = data(attribute);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

Address Attributes::address(int attribute) const {
  auto bytes = data(attribute);
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  return Address::fromBytes(bytes.data(), bytes.size());
}

Attributes Attributes::inside(int attribute) const {
  auto found = get(attribute);
  if (found == nullptr) return Attributes(nullptr, 0);
  return Attributes(static_cast<nlattr*>(nla_data(found)), nla_len(found));
}

void RouteSocket::Free::operator()(nl_sock* socket) const {
  nl_socket_free(socket);
}

RouteSocket::RouteSocket() : socket_(nl_socket_alloc()) {
  if (!socket_) fail(ErrorCode::EXHAUSTED, "no memory for a netlink socket");
  check(nl_connect(socket_.get(), NETLINK_ROUTE), "opening a netlink socket");
  os::enableExtendedAcknowledgement(nl_socket_get_fd(socket_.get()));
}

RouteSocket RouteSocket::in(int networkNamespace) {
  std::optional<RouteSocket> made;
  os::inNetworkNamespace(networkNamespace, [&] { made.emplace(); });
  return std::move(*made);
}

uint32_t RouteSocket::index(const std::string& interfaceName) const {
  return os::interfaceIndex(nl_socket_get_fd(socket_.get()), interfaceName);
}

void RouteSocket::settle(const std::string& interfaceName) const {
  os::settleLink(nl_socket_get_fd(socket_.get()), interfaceName);
}

uint64_t RouteSocket::namespaceCookie() const {
  return os::networkNamespaceCookie(nl_socket_get_fd(socket_.get()));
}

std::vector<uint8_t> RouteSocket::receive() {
  sockaddr_nl from{};
  unsigned char* buffer = nullptr;
  int size = nl_recv(socket_.get(), &from, &buffer, nullptr);
  std::unique_ptr<unsigned char, void (*)(void*)> owned(buffer, free);
  check(size, "receiving from netlink");
  return {owned.get(), owned.get() + size};
}

namespace {

/// What the kernel says beside the error number.
std::string explanation(nlmsghdr* header) {
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return {};
  auto error = static_cast<nlmsgerr*>(nlmsg_data(header));
  size_t offset = sizeof *error;
  if (!(header->nlmsg_flags & NLM_F_CAPPED)) offset += error->msg.nlmsg_len - NLMSG_HDRLEN;
  auto length = static_cast<int>(nlmsg_datalen(header)) - static_cast<int>(offset);
  if (length <= 0) return {};
  auto first = reinterpret_cast<nlattr*>(reinterpret_cast<char*>(error) + offset);
  auto text = Attributes(first, length).text(NLMSGERR_ATTR_MSG);
  return text.empty() ? text : " (" + text + ")";
}

struct Refusal {
  int error = 0;
  std::string text;
};

Refusal refusalIn(nlmsghdr* header) {
  auto error = static_cast<nlmsgerr*>(nlmsg_data(header))->error;
  return {-error, error == 0 ? std::string() : explanation(header)};
}

}  // namespace

void RouteSocket::commit(NetlinkMessage message) {
  std::vector<NetlinkMessage> messages;
  messages.push_back(std::move(message));
  commit(messages);
}

void RouteSocket::commit(const std::vector<NetlinkMessage>& messages) {
  if (messages.empty()) return;
  std::vector<uint8_t> buffer;
  auto firstSequence = sequence_ + 1;
  for (auto& message : messages) {
    auto header = message.header();
    header->nlmsg_seq = ++sequence_;
    header->nlmsg_flags |= NLM_F_ACK;
    auto begin = reinterpret_cast<uint8_t*>(header);
    buffer.insert(buffer.end(), begin, begin + NLMSG_ALIGN(header->nlmsg_len));
  }
  check(nl_sendto(socket_.get(), buffer.data(), buffer.size()), "sending to netlink");
  std::map<uint32_t, Refusal> answers;  // by place in `messages`
  while (answers.size() < messages.size()) {
    auto received = receive();
    auto length = static_cast<int>(received.size());
    auto at = reinterpret_cast<nlmsghdr*>(received.data());
    for (; nlmsg_ok(at, length); at = nlmsg_next(at, &length)) {
      auto place = at->nlmsg_seq - firstSequence;
      if (at->nlmsg_type == NLMSG_ERROR && place < messages.size()) answers[place] = refusalIn(at);
    }
  }
  for (auto& [place, refusal] : answers) {
    if (refusal.error != 0) failErrno(messages[place].attempted() + refusal.text, refusal.error);
  }
}

void RouteSocket::query(NetlinkMessage message, const std::function<void(nlmsghdr*)>& take) {
  auto header = message.header();
  header->nlmsg_seq = ++sequence_;
  bool dump = header->nlmsg_flags & NLM_F_DUMP;
  check(nl_sendto(socket_.get(), header, header->nlmsg_len), "sending to netlink");
  for (;;) {
    auto received = receive();
    auto length = static_cast<int>(received.size());
    auto at = reinterpret_cast<nlmsghdr*>(received.data());
    for (; nlmsg_ok(at, length); at = nlmsg_next(at, &length)) {
      if (at->nlmsg_seq != sequence_) continue;
      if (at->nlmsg_type == NLMSG_DONE) return;
      if (at->nlmsg_type == NLMSG_ERROR) {
        auto refusal = refusalIn(at);
        if (refusal.error != 0) failErrno(message.attempted() + refusal.text, refusal.error);
        return;
      }
      take(at);
      if (!dump) return;
    }
  }
}

}  // namespace stave::net
