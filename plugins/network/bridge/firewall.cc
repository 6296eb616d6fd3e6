#include "firewall.h"

#include <fmt/format.h>

#include "firewall_rules.h"

namespace stave::bridge {

using net::Address;
using net::Family;

bool isOpen(const net::NetworkRecord& network) {
  auto found = network.options.find("isolation");
  return found != network.options.end() && found->second == "false";
}

namespace {

void element(std::string& commands, std::string_view verb, std::string_view set,
             std::string_view value) {
  fmt::format_to(std::back_inserter(commands), "{} element {} {} {{ {} }}\n", verb, tableName, set,
                 value);
}

void networkElements(std::string& commands, const net::NetworkRecord& network) {
  auto name = fmt::format("\"{}\"", network.interfaceName);
  element(commands, "add", "bridges", name);
  element(commands, "add", "within", name + " . " + name);
  if (network.internal) {
    element(commands, "add", "internal", name);
    return;
  }
  if (isOpen(network)) element(commands, "add", "open", name);
  for (auto& subnet : network.subnets) {
    auto set = subnet.prefix.family() == Family::ipv4 ? "outward4" : "outward6";
    element(commands, "add", set, subnet.prefix.text());
  }
}

/// One published port, of one address family. The target is left out when an element is deleted.
void portElement(std::string& commands, bool add, const net::PublishedPort& port,
                 const Address& target) {
  if (!target || (port.hostAddress && port.hostAddress.family() != target.family())) return;
  bool everywhere = !port.hostAddress || port.hostAddress.number() == 0;
  auto key = fmt::format("{} . {}", nameOf(port.protocol), port.hostPort);
  if (!everywhere) key = fmt::format("{} . {}", port.hostAddress.text(), key);
  auto set = fmt::format("{}{}", everywhere ? "ports" : "at", target.isIpv4() ? 4 : 6);
  if (add) key += fmt::format(" : {} . {}", target.text(), port.containerPort);
  element(commands, add ? "add" : "delete", set, key);
}

void portElements(std::string& commands, bool add, const net::EndpointRecord& endpoint) {
  if (endpoint.published.empty()) return;
  for (auto& address : {endpoint.ipv4, endpoint.ipv6}) {
    if (!address) continue;
    element(commands, add ? "add" : "delete", address.isIpv4() ? "itself4" : "itself6",
            fmt::format("{0} . {0}", address.text()));
  }
  for (auto& port : endpoint.published) {
    portElement(commands, add, port, endpoint.ipv4);
    portElement(commands, add, port, endpoint.ipv6);
  }
}

}  // namespace

void Firewall::rebuild(const Networks& networks, const Endpoints& endpoints) {
  if (networks.empty()) {
    nftables_.run(fmt::format("add table {0}\ndelete table {0}\n", tableName));
    return;
  }
  std::string commands(tableRules);
  for (auto& [name, network] : networks) networkElements(commands, network);
  for (auto& [key, endpoint] : endpoints) portElements(commands, true, endpoint);
  nftables_.run(commands);
}

void Firewall::publish(const net::EndpointRecord& endpoint) {
  std::string commands;
  portElements(commands, true, endpoint);
  if (!commands.empty()) nftables_.run(commands);
}

void Firewall::withdraw(const net::EndpointRecord& endpoint) {
  std::string commands;
  portElements(commands, false, endpoint);
  if (!commands.empty()) nftables_.run(commands);
}

void Firewall::replacePorts(const net::EndpointRecord& before, const net::EndpointRecord& after) {
  std::string commands;
  portElements(commands, false, before);
  portElements(commands, true, after);
  if (!commands.empty()) nftables_.run(commands);
}

}  // namespace stave::bridge
