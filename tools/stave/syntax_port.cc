#include <charconv>

#include "flags.h"
#include "syntax.h"

namespace stave::cli {

namespace {

struct Range {
  uint16_t first = 0, last = 0;
  size_t size() const { return size_t(last) - first + 1; }
};

uint16_t portOf(const std::string& text, const std::string& whole) {
  uint16_t port = 0;
  auto end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || rest != end) {
    failFlag("--publish", whole, "\"" + text + "\" is not a port from 0 to 65535");
  }
  return port;
}

Range rangeOf(const std::string& text, const std::string& whole) {
  auto dash = text.find('-');
  Range range;
  range.first = portOf(text.substr(0, dash), whole);
  range.last = dash == std::string::npos ? range.first : portOf(text.substr(dash + 1), whole);
  if (range.last < range.first) failFlag("--publish", whole, "the range ends before it begins");
  return range;
}

/// Takes "ADDRESS:" or "[ADDRESS]:" from the beginning; what is left is HOST:CONTAINER or
/// CONTAINER.
std::string takeAddress(std::string& text, const std::string& whole) {
  if (!text.empty() && text.front() == '[') {
    auto close = text.find("]:");
    if (close == std::string::npos) failFlag("--publish", whole, "[ is not closed");
    auto address = text.substr(1, close - 1);
    text.erase(0, close + 2);
    return address;
  }
  if (split(text, ':').size() != 3) return {};
  auto colon = text.find(':');
  auto address = text.substr(0, colon);
  text.erase(0, colon + 1);
  return address;
}

}  // namespace

std::vector<PortFlag> parsePorts(const std::string& text) {
  auto rest = text;
  PortFlag base;
  auto slash = rest.rfind('/');
  if (slash != std::string::npos) {
    base.protocol = rest.substr(slash + 1);
    rest.erase(slash);
    bool known = base.protocol == "tcp" || base.protocol == "udp" || base.protocol == "sctp";
    if (!known) failFlag("--publish", text, "the protocol must be tcp, udp or sctp");
  }
  base.address = takeAddress(rest, text);
  auto parts = split(rest, ':');
  if (parts.size() > 2) failFlag("--publish", text, "want [[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]");
  auto container = rangeOf(parts.back(), text);
  if (container.first == 0) failFlag("--publish", text, "the container's port cannot be 0");
  bool chosen = parts.size() == 2 && !parts[0].empty();
  auto host = chosen ? rangeOf(parts[0], text) : Range();
  bool choice = chosen && container.size() == 1 && host.size() > 1;
  if (chosen && !choice && host.size() != container.size()) {
    failFlag("--publish", text, "the two ranges have different lengths");
  }
  std::vector<PortFlag> ports;
  for (size_t i = 0; i < container.size(); ++i) {
    auto& port = ports.emplace_back(base);
    port.container = container.first + i;
    port.host = chosen ? host.first + (choice ? 0 : i) : 0;
    port.hostEnd = choice ? host.last : 0;
  }
  return ports;
}

}  // namespace stave::cli
