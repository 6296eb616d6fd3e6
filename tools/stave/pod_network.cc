#include "pod_parts.h"
#include "syntax.h"

namespace stave::cli {

namespace {

constexpr std::string_view containerPrefix = "container:";

schema::PortMapping::Protocol protocolOf(const std::string& word) {
  if (word == "udp") return schema::PortMapping::Protocol::UDP;
  if (word == "sctp") return schema::PortMapping::Protocol::SCTP;
  return schema::PortMapping::Protocol::TCP;
}

void fillPorts(const RunOptions& options, schema::PodSpec::Builder spec) {
  std::vector<PortFlag> all;
  for (auto& text : options.publish) {
    auto more = parsePorts(text);
    all.insert(all.end(), more.begin(), more.end());
  }
  if (options.publishAll) {
    for (auto& text : options.expose) {
      auto more = parsePorts(text);
      all.insert(all.end(), more.begin(), more.end());
    }
  } else {
    for (auto& text : options.expose) parsePorts(text);  // exposing alone changes nothing
  }
  auto ports = spec.initPorts(all.size());
  for (unsigned i = 0; i < all.size(); ++i) {
    ports[i].setHostAddress(all[i].address);
    ports[i].setHostPort(all[i].host);
    ports[i].setHostPortEnd(all[i].hostEnd);
    ports[i].setContainerPort(all[i].container);
    ports[i].setProtocol(protocolOf(all[i].protocol));
  }
  spec.setPublishAll(options.publishAll);
}

/// "NAME" or "name=NAME,alias=ALIAS,ip=ADDRESS,mac-address=ADDRESS".
struct NetworkFlag {
  std::string name, ip, ip6, mac;
  std::vector<std::string> aliases;
};

NetworkFlag parseNetwork(const std::string& text) {
  NetworkFlag network;
  if (text.find('=') == std::string::npos) {
    network.name = text;
    return network;
  }
  for (auto& field : split(text, ',')) {
    auto [key, value] = parsePair(field, "--network");
    if (key == "name") {
      network.name = value.value_or("");
    } else if (key == "alias") {
      network.aliases.push_back(value.value_or(""));
    } else if (key == "ip") {
      network.ip = value.value_or("");
    } else if (key == "ip6") {
      network.ip6 = value.value_or("");
    } else if (key == "mac-address") {
      network.mac = value.value_or("");
    } else {
      failFlag("--network", text, "there is no field \"" + key + "\"");
    }
  }
  if (network.name.empty()) failFlag("--network", text, "the name is missing");
  return network;
}

bool hasEndpointOptions(const RunOptions& options) {
  return !options.ip.empty() || !options.ip6.empty() || !options.mac.empty() ||
         !options.aliases.empty();
}

void checkShared(const RunOptions& options) {
  if (options.networks.size() > 1) throw UsageError("--network container: stands alone");
  if (!options.publish.empty() || options.publishAll) {
    throw UsageError("--publish conflicts with --network container:, publish on that container");
  }
  if (!options.hostname.empty()) {
    throw UsageError("--hostname conflicts with --network container:");
  }
}

void fillAttachments(const RunOptions& options, schema::PodSpec::Builder spec) {
  std::vector<NetworkFlag> networks;
  for (auto& text : options.networks) networks.push_back(parseNetwork(text));
  if (networks.empty() && hasEndpointOptions(options)) {
    throw UsageError("--ip, --ip6, --mac-address and --network-alias need --network NAME");
  }
  if (!networks.empty()) {
    auto& first = networks.front();
    if (!options.ip.empty()) first.ip = options.ip;
    if (!options.ip6.empty()) first.ip6 = options.ip6;
    if (!options.mac.empty()) first.mac = options.mac;
    first.aliases.insert(first.aliases.end(), options.aliases.begin(), options.aliases.end());
  }
  auto target = spec.initNetworks(networks.size());
  for (unsigned i = 0; i < networks.size(); ++i) {
    target[i].setNetwork(networks[i].name);
    target[i].setIpv4(networks[i].ip);
    target[i].setIpv6(networks[i].ip6);
    target[i].setMac(networks[i].mac);
    copyTexts(networks[i].aliases, target[i].initAliases(networks[i].aliases.size()));
  }
}

void fillHosts(const RunOptions& options, schema::PodSpec::Builder spec) {
  auto hosts = spec.initExtraHosts(options.hosts.size());
  for (unsigned i = 0; i < hosts.size(); ++i) {
    auto& text = options.hosts[i];
    auto separator = text.find_first_of("=:");
    if (separator == std::string::npos || separator == 0 || separator + 1 == text.size()) {
      failFlag("--add-host", text, "want NAME:ADDRESS");
    }
    hosts[i].setName(text.substr(0, separator));
    hosts[i].setAddress(text.substr(separator + 1));
  }
}

void fillDns(const RunOptions& options, schema::PodSpec::Builder spec) {
  if (options.dns.empty() && options.dnsSearch.empty() && options.dnsOptions.empty()) return;
  auto dns = spec.initDns();
  copyTexts(options.dns, dns.initServers(options.dns.size()));
  copyTexts(options.dnsSearch, dns.initSearch(options.dnsSearch.size()));
  copyTexts(options.dnsOptions, dns.initOptions(options.dnsOptions.size()));
}

}  // namespace

void fillNetwork(const RunOptions& options, schema::PodSpec::Builder spec) {
  bool shared = !options.networks.empty() &&
                options.networks[0].compare(0, containerPrefix.size(), containerPrefix) == 0;
  if (shared) {
    checkShared(options);
    spec.setNetworkFrom(options.networks[0].substr(containerPrefix.size()));
  } else {
    fillAttachments(options, spec);
    fillPorts(options, spec);
  }
  if (options.hostname.size() > 64) {
    failFlag("--hostname", options.hostname, "at most 64 bytes are possible");
  }
  spec.setHostname(options.hostname);
  spec.setDomainname(options.domainname);
  fillHosts(options, spec);
  fillDns(options, spec);
}

}  // namespace stave::cli
