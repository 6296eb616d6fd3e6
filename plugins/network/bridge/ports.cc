#include "ports.h"

#include <fmt/format.h>
#include <stave/error.h>
#include <stave/os/socket.h>

#include <algorithm>

namespace stave::bridge {

using net::Address;
using net::EndpointRecord;
using net::Family;
using net::Protocol;
using net::PublishedPort;

namespace {

std::string textOf(const PublishedPort& port) {
  auto text = fmt::format("host port {}/{}", port.hostPort, nameOf(port.protocol));
  return port.hostAddress ? text + " on " + port.hostAddress.text() : text;
}

/// Where the port is bound: in each family that the pod has an address of.
std::vector<std::string> bindAddresses(const EndpointRecord& endpoint, const PublishedPort& port) {
  std::vector<std::string> addresses;
  for (auto& own : {endpoint.ipv4, endpoint.ipv6}) {
    if (!own || (port.hostAddress && port.hostAddress.family() != own.family())) continue;
    addresses.push_back(port.hostAddress ? port.hostAddress.text()
                        : own.isIpv4()   ? "0.0.0.0"
                                         : "::");
  }
  if (addresses.empty()) {
    fail(ErrorCode::INVALID, fmt::format("{}: network {} has no addresses of that family",
                                         textOf(port), endpoint.network));
  }
  return addresses;
}

bool everywhere(const Address& address) {
  return !address || address.number() == 0;
}

/// Whether two host addresses of one port number stand in each other's way.
bool overlap(const Address& a, const Address& b) {
  if (a && b && a.family() != b.family()) return false;
  return everywhere(a) || everywhere(b) || a == b;
}

/// Whether a port that is held answers the wish.
bool answers(const PublishedPort& held, const PublishedPort& wish) {
  if (held.hostAddress != wish.hostAddress || held.protocol != wish.protocol) return false;
  auto last = std::max(wish.hostPort, wish.hostPortEnd);
  return wish.hostPort == 0 || (wish.hostPort <= held.hostPort && held.hostPort <= last);
}

bool sameHostPort(const PublishedPort& a, const PublishedPort& b) {
  return a.protocol == b.protocol && a.hostPort == b.hostPort && a.hostAddress == b.hostAddress;
}

constexpr int freePortAttempts = 64;

}  // namespace

void Ports::checkUnused(const PublishedPort& port) const {
  auto [begin, end] = holders_.equal_range({port.protocol, port.hostPort});
  for (auto at = begin; at != end; ++at) {
    if (!overlap(at->second.address, port.hostAddress)) continue;
    fail(ErrorCode::CONFLICT,
         fmt::format("{} is in use: published by pod {}", textOf(port), at->second.podName));
  }
}

Ports::Held Ports::reserveExactly(const EndpointRecord& endpoint, PublishedPort port) {
  port.hostPortEnd = 0;
  Held held;
  auto addresses = bindAddresses(endpoint, port);
  if (port.hostPort != 0) checkUnused(port);
  if (port.protocol == Protocol::sctp && port.hostPort == 0) {
    fail(ErrorCode::INVALID, "ports.hostPort: name one; a free SCTP port cannot be found");
  }
  for (auto& address : addresses) {
    if (port.protocol == Protocol::sctp) break;  // the kernel may lack it; our own table must do
    auto type = port.protocol == Protocol::tcp ? SOCK_STREAM : SOCK_DGRAM;
    try {
      held.sockets.push_back(
          std::make_shared<kj::AutoCloseFd>(os::reservePort(type, address, port.hostPort)));
    } catch (const kj::Exception& exception) {
      auto code = codeOf(exception);
      if (code == ErrorCode::UNSUPPORTED && addresses.size() > 1) continue;  // a host without IPv6
      if (code != ErrorCode::CONFLICT) throw;
      fail(code, textOf(port) + " is in use by a process of the host");
    }
    if (port.hostPort == 0) port.hostPort = os::boundPort(held.sockets.back()->get());
  }
  held.port = port;
  return held;
}

Ports::Held Ports::reserve(const EndpointRecord& endpoint, const PublishedPort& wanted) {
  bool range = wanted.hostPortEnd > wanted.hostPort;
  if (wanted.hostPort != 0 && !range) return reserveExactly(endpoint, wanted);
  int candidates = range ? wanted.hostPortEnd - wanted.hostPort + 1 : freePortAttempts;
  for (int i = 0; i < candidates; ++i) {
    auto candidate = wanted;
    if (range) candidate.hostPort = static_cast<uint16_t>(wanted.hostPort + i);
    try {
      return reserveExactly(endpoint, candidate);
    } catch (const kj::Exception& exception) {
      if (codeOf(exception) != ErrorCode::CONFLICT) throw;
    }
  }
  fail(ErrorCode::CONFLICT,
       range ? fmt::format("host ports {}-{}/{} are all in use", wanted.hostPort,
                           wanted.hostPortEnd, nameOf(wanted.protocol))
             : fmt::format("no free {} port of the host was found", nameOf(wanted.protocol)));
}

void Ports::enter(const EndpointRecord& endpoint, const Held& held) {
  holders_.emplace(Number{held.port.protocol, held.port.hostPort},
                   Holder{held.port.hostAddress, endpoint.podName});
}

void Ports::leave(const Held& held) {
  auto [begin, end] = holders_.equal_range({held.port.protocol, held.port.hostPort});
  auto found = std::find_if(
      begin, end, [&](auto& entry) { return entry.second.address == held.port.hostAddress; });
  if (found != end) holders_.erase(found);
}

void Ports::leaveAllBut(const HeldList& kept, const HeldList& list) {
  for (auto& held : list) {
    auto same = [&](const Held& other) { return sameHostPort(other.port, held.port); };
    if (std::none_of(kept.begin(), kept.end(), same)) leave(held);
  }
}

void Ports::assign(EndpointRecord& endpoint) {
  auto key = keyOf(endpoint);
  auto found = held_.find(key);
  auto before = found == held_.end() ? HeldList() : found->second;
  HeldList after;
  try {
    for (auto& wish : endpoint.ports) {
      auto same = std::find_if(before.begin(), before.end(), [&](auto& held) {
        return answers(held.port, wish) &&
               std::none_of(after.begin(), after.end(),
                            [&](auto& other) { return sameHostPort(other.port, held.port); });
      });
      if (same != before.end()) {
        after.push_back(*same);
        after.back().port.containerPort = wish.containerPort;
      } else {
        after.push_back(reserve(endpoint, wish));
        enter(endpoint, after.back());
      }
    }
  } catch (...) {
    leaveAllBut(before, after);
    throw;
  }
  leaveAllBut(after, before);
  endpoint.published.clear();
  for (auto& held : after) endpoint.published.push_back(held.port);
  held_.erase(key);
  if (!after.empty()) held_.emplace(key, std::move(after));
}

std::vector<std::string> Ports::restore(const EndpointRecord& endpoint) {
  std::vector<std::string> failures;
  for (auto& port : endpoint.published) {
    Held held{port, {}};
    try {
      held = reserveExactly(endpoint, port);
    } catch (const kj::Exception& exception) {
      failures.push_back(fmt::format("pod {}: {}", endpoint.podName, stave::textOf(exception)));
    }
    enter(endpoint, held);
    held_[keyOf(endpoint)].push_back(std::move(held));
  }
  return failures;
}

void Ports::release(const net::EndpointKey& key) {
  auto found = held_.find(key);
  if (found == held_.end()) return;
  for (auto& held : found->second) leave(held);
  held_.erase(found);
}

}  // namespace stave::bridge
