#include <stave/net/dns_directory.h>

#include <algorithm>

namespace stave::net {

std::string canonicalName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string result(name);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

void DnsDirectory::setNetwork(const NetworkRecord& network) {
  std::lock_guard lock(mutex_);
  networks_[network.name] = network;
}

void DnsDirectory::removeNetwork(const std::string& name) {
  std::lock_guard lock(mutex_);
  networks_.erase(name);
}

void DnsDirectory::setEndpoint(const EndpointRecord& record) {
  std::lock_guard lock(mutex_);
  auto key = keyOf(record);
  forget(key);
  Endpoint endpoint{record.network, {}, {}, record.sandbox};
  for (auto& address : {record.ipv4, record.ipv6}) {
    if (!address) continue;
    endpoint.addresses.push_back(address);
    byAddress_[address] = key;
  }
  for (auto& name : record.names) {
    endpoint.names.push_back(canonicalName(name));
    names_[{record.network, endpoint.names.back()}].insert(key);
  }
  sandboxes_[endpoint.sandbox].insert(endpoint.network);
  endpoints_[key] = std::move(endpoint);
}

void DnsDirectory::removeEndpoint(const EndpointKey& key) {
  std::lock_guard lock(mutex_);
  forget(key);
}

void DnsDirectory::forget(const EndpointKey& key) {
  auto found = endpoints_.find(key);
  if (found == endpoints_.end()) return;
  auto& endpoint = found->second;
  for (auto& address : endpoint.addresses) byAddress_.erase(address);
  for (auto& name : endpoint.names) {
    auto entry = names_.find({endpoint.network, name});
    if (entry == names_.end()) continue;
    entry->second.erase(key);
    if (entry->second.empty()) names_.erase(entry);
  }
  auto& networks = sandboxes_[endpoint.sandbox];
  networks.erase(networks.find(endpoint.network));
  if (networks.empty()) sandboxes_.erase(endpoint.sandbox);
  endpoints_.erase(found);
}

std::optional<DnsDirectory::Asker> DnsDirectory::asker(const Address& source) const {
  std::lock_guard lock(mutex_);
  auto key = byAddress_.find(source);
  if (key == byAddress_.end()) return std::nullopt;
  auto& networks = sandboxes_.at(endpoints_.at(key->second).sandbox);
  Asker result;
  result.networks.insert(networks.begin(), networks.end());
  for (auto& name : result.networks) {
    auto network = networks_.find(name);
    if (network != networks_.end() && !network->second.internal) result.outside = true;
  }
  return result;
}

DnsDirectory::Answer DnsDirectory::resolve(const Asker& asker, std::string_view name,
                                           Family family) const {
  std::lock_guard lock(mutex_);
  Answer answer;
  auto wanted = canonicalName(name);
  for (auto& network : asker.networks) {
    auto found = names_.find({network, wanted});
    if (found == names_.end()) continue;
    answer.known = true;
    for (auto& key : found->second) {
      for (auto& address : endpoints_.at(key).addresses) {
        if (address.family() == family) answer.addresses.push_back(address);
      }
    }
  }
  if (answer.addresses.size() > 1) {
    auto first = static_cast<long>(turn_++ % answer.addresses.size());
    std::rotate(answer.addresses.begin(), answer.addresses.begin() + first, answer.addresses.end());
  }
  return answer;
}

DnsDirectory::Reverse DnsDirectory::reverse(const Asker& asker, const Address& address) const {
  std::lock_guard lock(mutex_);
  Reverse result;
  for (auto& [name, network] : networks_) {
    auto subnet = network.subnet(address.family());
    if (subnet != nullptr && subnet->prefix.contains(address)) result.ours = true;
  }
  auto key = byAddress_.find(address);
  if (key == byAddress_.end()) return result;
  auto& endpoint = endpoints_.at(key->second);
  if (asker.networks.contains(endpoint.network) && !endpoint.names.empty()) {
    result.name = endpoint.names.front();
  }
  return result;
}

}  // namespace stave::net
