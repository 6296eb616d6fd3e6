#include <fmt/format.h>
#include <stave/error.h>
#include <stave/net/records.h>
#include <stave/os/file.h>

#include <nlohmann/json.hpp>

namespace stave::net {

using nlohmann::json;

std::string_view nameOf(Protocol protocol) {
  return protocol == Protocol::tcp ? "tcp" : protocol == Protocol::udp ? "udp" : "sctp";
}

const Subnet* NetworkRecord::subnet(Family family) const {
  for (auto& subnet : subnets) {
    if (subnet.prefix.family() == family) return &subnet;
  }
  return nullptr;
}

namespace {

Address addressFrom(const json& value) {
  auto text = value.get<std::string>();
  return text.empty() ? Address() : Address::parse(text, "record");
}

Prefix prefixFrom(const json& value) {
  auto text = value.get<std::string>();
  return text.empty() ? Prefix() : Prefix::parse(text, "record");
}

json toJson(const Subnet& subnet) {
  json reserved = json::object();
  for (auto& [name, address] : subnet.reserved) reserved[name] = address.text();
  return {{"prefix", subnet.prefix.text()},
          {"gateway", subnet.gateway.text()},
          {"range", subnet.range.text()},
          {"reserved", reserved}};
}

Subnet subnetFrom(const json& value) {
  Subnet subnet{prefixFrom(value.at("prefix")),
                addressFrom(value.at("gateway")),
                prefixFrom(value.at("range")),
                {}};
  for (auto& [name, address] : value.at("reserved").items()) {
    subnet.reserved[name] = addressFrom(address);
  }
  return subnet;
}

json toJson(const PublishedPort& port) {
  return {{"hostAddress", port.hostAddress.text()},
          {"hostPort", port.hostPort},
          {"hostPortEnd", port.hostPortEnd},
          {"containerPort", port.containerPort},
          {"protocol", static_cast<int>(port.protocol)}};
}

PublishedPort portFrom(const json& value) {
  return {addressFrom(value.at("hostAddress")), value.at("hostPort"), value.at("hostPortEnd"),
          value.at("containerPort"), static_cast<Protocol>(value.at("protocol").get<int>())};
}

template <typename T>
json listToJson(const std::vector<T>& list) {
  json result = json::array();
  for (auto& element : list) result.push_back(toJson(element));
  return result;
}

json toJson(const NetworkRecord& network) {
  return {{"name", network.name},         {"subnets", listToJson(network.subnets)},
          {"internal", network.internal}, {"mtu", network.mtu},
          {"options", network.options},   {"interfaceName", network.interfaceName}};
}

NetworkRecord networkFrom(const json& value) {
  NetworkRecord network;
  network.name = value.at("name");
  for (auto& subnet : value.at("subnets")) network.subnets.push_back(subnetFrom(subnet));
  network.internal = value.at("internal");
  network.mtu = value.at("mtu");
  network.interfaceName = value.at("interfaceName");
  network.options = value.at("options").get<std::map<std::string, std::string>>();
  return network;
}

json toJson(const EndpointRecord& endpoint) {
  return {{"network", endpoint.network},
          {"endpoint", endpoint.endpoint},
          {"podName", endpoint.podName},
          {"interfaceName", endpoint.interfaceName},
          {"ipv4", endpoint.ipv4.text()},
          {"ipv6", endpoint.ipv6.text()},
          {"mac", endpoint.mac ? macText(*endpoint.mac) : ""},
          {"names", endpoint.names},
          {"ports", listToJson(endpoint.ports)},
          {"gateway", endpoint.gateway},
          {"hostInterface", endpoint.hostInterface},
          {"published", listToJson(endpoint.published)},
          {"sandbox", endpoint.sandbox},
          {"ready", endpoint.ready}};
}

EndpointRecord endpointFrom(const json& value) {
  EndpointRecord endpoint;
  endpoint.network = value.at("network");
  endpoint.endpoint = value.at("endpoint");
  endpoint.podName = value.at("podName");
  endpoint.interfaceName = value.at("interfaceName");
  endpoint.ipv4 = addressFrom(value.at("ipv4"));
  endpoint.ipv6 = addressFrom(value.at("ipv6"));
  endpoint.mac = parseMac(value.at("mac").get<std::string>());
  endpoint.names = value.at("names").get<std::vector<std::string>>();
  for (auto& port : value.at("ports")) endpoint.ports.push_back(portFrom(port));
  endpoint.gateway = value.at("gateway");
  endpoint.hostInterface = value.at("hostInterface");
  for (auto& port : value.at("published")) endpoint.published.push_back(portFrom(port));
  endpoint.sandbox = value.at("sandbox");
  endpoint.ready = value.at("ready");
  return endpoint;
}

/// A file that cannot be read is an error that names it: guessing would give addresses out twice.
template <typename Function>
void forEachFile(const std::string& directory, Function function) {
  for (auto& name : os::listDirectory(directory)) {
    if (!name.ends_with(".json")) continue;
    auto path = directory + "/" + name;
    try {
      function(json::parse(os::readFile(path)));
    } catch (const json::exception& exception) {
      fail(ErrorCode::INTERNAL,
           fmt::format("{} is damaged: {}; remove it", path, exception.what()));
    }
  }
}

bool plain(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || (c == '.' && !first);
}

}  // namespace

std::string fileNameFor(std::string_view text) {
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    if (plain(text[i], i == 0)) {
      name += text[i];
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned char>(text[i]));
    }
  }
  // A name beyond what a file system takes is told apart by its hash.
  if (name.size() > 100) name = name.substr(0, 80) + hashedName("~", text, 16);
  return name;
}

RecordStore::RecordStore(std::string directory) : directory_(std::move(directory)) {
  os::makeDirectories(directory_ + "/networks");
  os::makeDirectories(directory_ + "/endpoints");
}

std::string RecordStore::networkPath(const std::string& name) const {
  return directory_ + "/networks/" + fileNameFor(name) + ".json";
}

std::string RecordStore::endpointPath(const EndpointKey& key) const {
  return directory_ + "/endpoints/" + fileNameFor(key.first) + "+" + fileNameFor(key.second) +
         ".json";
}

std::map<std::string, NetworkRecord> RecordStore::loadNetworks() const {
  std::map<std::string, NetworkRecord> networks;
  forEachFile(directory_ + "/networks", [&](const json& value) {
    auto network = networkFrom(value);
    networks.emplace(network.name, network);
  });
  return networks;
}

std::map<EndpointKey, EndpointRecord> RecordStore::loadEndpoints() const {
  std::map<EndpointKey, EndpointRecord> endpoints;
  forEachFile(directory_ + "/endpoints", [&](const json& value) {
    auto endpoint = endpointFrom(value);
    endpoints.emplace(keyOf(endpoint), endpoint);
  });
  return endpoints;
}

void RecordStore::save(const NetworkRecord& network) const {
  os::replaceFile(networkPath(network.name), toJson(network).dump());
}

void RecordStore::save(const EndpointRecord& endpoint) const {
  os::replaceFile(endpointPath(keyOf(endpoint)), toJson(endpoint).dump());
}

void RecordStore::removeNetwork(const std::string& name) const {
  os::removeFile(networkPath(name));
}

void RecordStore::removeEndpoint(const EndpointKey& key) const {
  os::removeFile(endpointPath(key));
}

}  // namespace stave::net
