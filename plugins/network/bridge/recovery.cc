#include <fmt/format.h>
#include <stave/error.h>

#include <set>

#include "bridge_networks.h"

namespace stave::bridge {

std::vector<std::string> BridgeNetworks::recover() {
  std::vector<std::string> problems;
  networks_ = store_.loadNetworks();
  for (auto& [name, network] : networks_) {
    try {
      ipam_.add(network);
      links_.ensureBridge(network);
      directory_.setNetwork(network);
    } catch (const kj::Exception& exception) {
      problems.push_back(fmt::format("network {}: {}", name, textOf(exception)));
    }
  }
  recoverEndpoints(problems);
  removeStrays();
  rebuildFirewall();
  return problems;
}

void BridgeNetworks::recoverEndpoints(std::vector<std::string>& problems) {
  std::set<std::string> links;
  for (auto& link : links_.list()) links.insert(link.name);
  for (auto& [key, endpoint] : store_.loadEndpoints()) {
    bool whole =
        endpoint.ready && networks_.contains(key.first) && links.contains(endpoint.hostInterface);
    if (!whole) {
      links_.disconnect(endpoint);
      store_.removeEndpoint(key);
      continue;
    }
    ipam_.restore(endpoint);
    for (auto& problem : ports_.restore(endpoint)) problems.push_back(problem);
    endpoints_[key] = endpoint;
    directory_.setEndpoint(endpoint);
  }
}

void BridgeNetworks::removeStrays() {
  std::set<std::string> known;
  for (auto& [key, endpoint] : endpoints_) known.insert(endpoint.hostInterface);
  std::set<std::string> bridges;
  for (auto& [name, network] : networks_) bridges.insert(network.interfaceName);
  auto links = links_.list();
  std::set<uint32_t> ours;
  for (auto& link : links) {
    if (bridges.contains(link.name)) ours.insert(link.index);
  }
  for (auto& link : links) {
    bool mine = link.kind == "veth" && ours.contains(link.master) && link.name.starts_with("svb");
    if (mine && !known.contains(link.name)) links_.remove(link.name);
  }
}

}  // namespace stave::bridge
