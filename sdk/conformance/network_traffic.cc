#include "network_traffic.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <kj/debug.h>
#include <netinet/in.h>
#include <poll.h>
#include <stave/error.h>
#include <stave/net/dns_message.h>
#include <stave/net/links.h>
#include <stave/net/nftables.h>
#include <stave/os/netns.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace stave::conformance {

namespace {

struct Target {
  sockaddr_storage storage{};
  socklen_t size = 0;

  Target(const std::string& text, uint16_t port) {
    auto four = reinterpret_cast<sockaddr_in*>(&storage);
    auto six = reinterpret_cast<sockaddr_in6*>(&storage);
    if (inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
      four->sin_family = AF_INET;
      four->sin_port = htons(port);
      size = sizeof *four;
    } else {
      KJ_REQUIRE(inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1, "no address",
                 text.c_str());
      six->sin6_family = AF_INET6;
      six->sin6_port = htons(port);
      size = sizeof *six;
    }
  }
  sockaddr* pointer() { return reinterpret_cast<sockaddr*>(&storage); }
};

kj::AutoCloseFd makeSocket(int networkNamespace, Transport transport, int family) {
  kj::AutoCloseFd result;
  os::inNetworkNamespace(networkNamespace, [&] {
    auto type = transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM;
    result = kj::AutoCloseFd(socket(family, type | SOCK_CLOEXEC, 0));
  });
  KJ_REQUIRE(result.get() >= 0, "no socket", errno);
  timeval bound{1, 0};
  setsockopt(result.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  setsockopt(result.get(), SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
  return result;
}

std::string peerText(const sockaddr_storage& peer) {
  auto four = reinterpret_cast<const sockaddr_in*>(&peer);
  auto six = reinterpret_cast<const sockaddr_in6*>(&peer);
  if (peer.ss_family == AF_INET) return net::Address::fromBytes(&four->sin_addr, 4).text();
  return net::Address::fromBytes(&six->sin6_addr, 16).text();
}

std::optional<std::string> receive(int socket) {
  char buffer[4096];
  auto size = recv(socket, buffer, sizeof buffer, 0);
  if (size <= 0) return std::nullopt;
  return std::string(buffer, static_cast<size_t>(size));
}

std::optional<std::string> exchange(int socket, const std::string& message) {
  if (send(socket, message.data(), message.size(), MSG_NOSIGNAL) < 0) return std::nullopt;
  return receive(socket);
}

}  // namespace

EchoServer::EchoServer(int networkNamespace, Transport transport, const std::string& address,
                       uint16_t port, std::string name)
    : name_(std::move(name)) {
  Target target(address, port);
  socket_ = makeSocket(networkNamespace, transport, target.storage.ss_family);
  timeval forever{0, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
  if (bind(socket_.get(), target.pointer(), target.size) != 0) failErrno("binding", errno);
  getsockname(socket_.get(), target.pointer(), &target.size);
  port_ = ntohs(reinterpret_cast<sockaddr_in*>(&target.storage)->sin_port);
  if (transport == Transport::tcp) {
    if (::listen(socket_.get(), 16) != 0) failErrno("listening", errno);
    thread_ = std::thread([this] { serveTcp(); });
  } else {
    thread_ = std::thread([this] { serveUdp(); });
  }
}

EchoServer::~EchoServer() {
  shutdown(socket_.get(), SHUT_RDWR);  // wakes the thread: end of file
  thread_.join();
}

/// All connections on one thread; the listener's end of file ends it.
void EchoServer::serveTcp() {
  std::vector<kj::AutoCloseFd> connections;
  for (;;) {
    std::vector<pollfd> waiting{{socket_.get(), POLLIN, 0}};
    for (auto& connection : connections) waiting.push_back({connection.get(), POLLIN, 0});
    poll(waiting.data(), waiting.size(), -1);
    if (waiting[0].revents & (POLLHUP | POLLERR)) return;
    for (size_t i = waiting.size() - 1; i > 0; --i) {
      if (waiting[i].revents == 0) continue;
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      auto message = receive(waiting[i].fd);
      getpeername(waiting[i].fd, reinterpret_cast<sockaddr*>(&peer), &size);
      auto answer = name_ + ":" + peerText(peer) + ":" + message.value_or("");
      if (message) send(waiting[i].fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (!message) connections.erase(connections.begin() + static_cast<long>(i) - 1);
    }
    if (waiting[0].revents == 0) continue;
    kj::AutoCloseFd accepted(accept(socket_.get(), nullptr, nullptr));
    if (accepted.get() >= 0) connections.push_back(kj::mv(accepted));
  }
}

void EchoServer::serveUdp() {
  char buffer[4096];
  for (;;) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    auto pointer = reinterpret_cast<sockaddr*>(&peer);
    auto received = recvfrom(socket_.get(), buffer, sizeof buffer, 0, pointer, &size);
    if (received <= 0) return;
    auto answer =
        name_ + ":" + peerText(peer) + ":" + std::string(buffer, static_cast<size_t>(received));
    sendto(socket_.get(), answer.data(), answer.size(), 0, pointer, size);
  }
}

std::optional<std::string> ask(int networkNamespace, Transport transport,
                               const std::string& address, uint16_t port,
                               const std::string& message) {
  Target target(address, port);
  auto socket = makeSocket(networkNamespace, transport, target.storage.ss_family);
  if (connect(socket.get(), target.pointer(), target.size) != 0) return std::nullopt;
  return exchange(socket.get(), message);
}

Conversation::Conversation(int networkNamespace, const std::string& address, uint16_t port) {
  Target target(address, port);
  socket_ = makeSocket(networkNamespace, Transport::tcp, target.storage.ss_family);
  if (connect(socket_.get(), target.pointer(), target.size) != 0) failErrno("connecting", errno);
}

std::optional<std::string> Conversation::say(const std::string& message) {
  return exchange(socket_.get(), message);
}

namespace {

std::string question(const std::string& name, int type) {
  std::string message("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  for (size_t begin = 0; begin <= name.size();) {
    auto end = std::min(name.find('.', begin), name.size());
    message += static_cast<char>(end - begin);
    message += name.substr(begin, end - begin);
    begin = end + 1;
  }
  message += '\0';
  return message + std::string{'\0', static_cast<char>(type), '\0', '\1'};
}

/// Answers of the kinds that we asked for, each with a compressed name before it.
DnsAnswer readAnswer(const std::string& response, size_t questionEnd) {
  DnsAnswer answer;
  if (response.size() < questionEnd) return answer;
  answer.code = response[3] & 15;
  size_t at = questionEnd;
  for (int left = static_cast<uint8_t>(response[7]); left > 0 && at + 12 <= response.size();
       --left) {
    size_t size = static_cast<uint8_t>(response[at + 11]);
    if (at + 12 + size > response.size()) break;
    if (size == 4 || size == 16) {
      answer.addresses.push_back(net::Address::fromBytes(response.data() + at + 12, size).text());
    }
    at += 12 + size;
  }
  return answer;
}

}  // namespace

DnsAnswer lookUp(int networkNamespace, Transport transport, const std::string& server,
                 const std::string& name, int type) {
  auto query = question(name, type);
  auto sent = query;
  if (transport == Transport::tcp)
    sent = std::string{'\0', static_cast<char>(query.size())} + query;
  auto response = ask(networkNamespace, transport, server, 53, sent);
  if (!response) return {};
  if (transport == Transport::tcp) response->erase(0, 2);
  return readAnswer(*response, query.size());
}

std::string describeNetwork() {
  net::RouteSocket socket;
  std::vector<std::string> lines;
  for (auto& link : net::listLinks(socket)) {
    lines.push_back(fmt::format("link {} {} {} {}", link.name, link.kind, link.mtu, link.up));
  }
  // Link-local addresses and their routes come by themselves, some time after a link is up.
  auto automatic = net::Prefix::parse("fe80::/10", "link-local");
  for (auto& address : net::listAddresses(socket)) {
    if (automatic.contains(address.address)) continue;
    lines.push_back(fmt::format("address {}/{}", address.address.text(), address.length));
  }
  for (auto& route : net::listRoutes(socket)) {
    if (automatic.contains(route.destination)) continue;
    lines.push_back(fmt::format("route {}", route.destination.text()));
  }
  std::sort(lines.begin(), lines.end());
  net::Nftables nftables;
  return fmt::format("{}\n{}", fmt::join(lines, "\n"), nftables.list("list ruleset"));
}

}  // namespace stave::conformance
