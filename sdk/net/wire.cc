#include <fmt/format.h>
#include <stave/error.h>
#include <stave/net/wire.h>

namespace stave::net {

namespace {

Address addressOrNone(capnp::Text::Reader text, std::string_view field) {
  std::string_view value(text.begin(), text.size());
  return value.empty() ? Address() : Address::parse(value, field);
}

Subnet readSubnet(schema::Subnet::Reader from) {
  Subnet subnet;
  subnet.prefix = Prefix::parse(from.getCidr().cStr(), "subnets.cidr");
  subnet.gateway = addressOrNone(from.getGateway(), "subnets.gateway");
  if (from.hasRange() && from.getRange().size() > 0) {
    subnet.range = Prefix::parse(from.getRange().cStr(), "subnets.range");
  }
  for (auto entry : from.getReserved()) {
    subnet.reserved[entry.getKey()] = Address::parse(entry.getValue().cStr(), "subnets.reserved");
  }
  return subnet;
}

Protocol readProtocol(schema::PortMapping::Protocol protocol) {
  switch (protocol) {
    case schema::PortMapping::Protocol::TCP:
      return Protocol::tcp;
    case schema::PortMapping::Protocol::UDP:
      return Protocol::udp;
    case schema::PortMapping::Protocol::SCTP:
      return Protocol::sctp;
  }
  fail(ErrorCode::INVALID, "ports.protocol: unknown");
}

PublishedPort readPort(schema::PortMapping::Reader from) {
  PublishedPort port{addressOrNone(from.getHostAddress(), "ports.hostAddress"), from.getHostPort(),
                     from.getHostPortEnd(), from.getContainerPort(),
                     readProtocol(from.getProtocol())};
  if (port.containerPort == 0) fail(ErrorCode::INVALID, "ports.containerPort: must be 1 to 65535");
  if (port.hostPortEnd != 0 && (port.hostPort == 0 || port.hostPortEnd < port.hostPort)) {
    fail(ErrorCode::INVALID,
         fmt::format("ports: {}-{} is not a range of host ports", port.hostPort, port.hostPortEnd));
  }
  return port;
}

Mac readMac(std::string_view text) {
  auto mac = parseMac(text);
  if (!mac || ((*mac)[0] & 1)) {
    fail(ErrorCode::INVALID, fmt::format("mac: '{}' is not a unicast Ethernet address", text));
  }
  return *mac;
}

/// The family must fit the field: an IPv6 address in `ipv4` would be an address of the wrong pool.
Address addressOf(capnp::Text::Reader text, Family family, std::string_view field) {
  auto address = addressOrNone(text, field);
  if (!address || address.family() == family) return address;
  fail(ErrorCode::INVALID, fmt::format("{}: {} is of the other family", field, address.text()));
}

std::string withLength(const Address& address, const Subnet* subnet) {
  if (!address || subnet == nullptr) return address.text();
  return fmt::format("{}/{}", address.text(), subnet->prefix.length());
}

void write(const PublishedPort& port, schema::PortMapping::Builder to) {
  to.setHostAddress(port.hostAddress.text());
  to.setHostPort(port.hostPort);
  to.setContainerPort(port.containerPort);
  to.setProtocol(static_cast<schema::PortMapping::Protocol>(port.protocol));
}

std::string gatewayText(const NetworkRecord& network, Family family) {
  auto subnet = network.subnet(family);
  return subnet == nullptr || network.internal ? std::string() : subnet->gateway.text();
}

}  // namespace

NetworkWish readWish(const std::string& name, schema::NetworkSpec::Reader spec) {
  NetworkWish wish;
  wish.name = name;
  if (name.empty()) fail(ErrorCode::INVALID, "the network's name is empty");
  for (auto subnet : spec.getSubnets()) wish.subnets.push_back(readSubnet(subnet));
  wish.internal = spec.getInternal();
  wish.ipv6 = spec.getIpv6();
  for (auto option : spec.getOptions()) wish.options[option.getKey()] = option.getValue();
  return wish;
}

EndpointRequest readRequest(schema::EndpointRequest::Reader from) {
  EndpointRequest request;
  request.network = from.getNetwork();
  request.endpoint = from.getEndpoint();
  request.podName = from.getPodName();
  request.interfaceName = from.getInterfaceName();
  request.ipv4 = addressOf(from.getIpv4(), Family::ipv4, "ipv4");
  request.ipv6 = addressOf(from.getIpv6(), Family::ipv6, "ipv6");
  if (from.getMac().size() > 0) request.mac = readMac(from.getMac().cStr());
  for (auto name : from.getNames()) request.names.push_back(name);
  for (auto port : from.getPorts()) request.ports.push_back(readPort(port));
  request.gateway = from.getGateway();
  if (request.endpoint.empty()) fail(ErrorCode::INVALID, "endpoint: is empty");
  if (request.interfaceName.size() > 15 || request.interfaceName.find('/') != std::string::npos) {
    fail(ErrorCode::INVALID,
         fmt::format("interfaceName: '{}' is no name of an interface", request.interfaceName));
  }
  return request;
}

void write(const NetworkRecord& network, std::string_view driver,
           schema::NetworkStatus::Builder status) {
  status.setPhase(schema::NetworkStatus::Phase::READY);
  status.setInterfaceName(network.interfaceName);
  status.setMtu(network.mtu);
  status.setDriver(kj::StringPtr(driver.data(), driver.size()));
  auto subnets = status.initSubnets(network.subnets.size());
  for (size_t i = 0; i < network.subnets.size(); ++i) {
    auto& subnet = network.subnets[i];
    subnets[i].setCidr(subnet.prefix.text());
    subnets[i].setGateway(subnet.gateway.text());
    subnets[i].setRange(subnet.range.text());
    auto reserved = subnets[i].initReserved(subnet.reserved.size());
    size_t place = 0;
    for (auto& [name, address] : subnet.reserved) {
      reserved[place].setKey(name);
      reserved[place++].setValue(address.text());
    }
  }
}

void write(const EndpointView& view, schema::EndpointStatus::Builder status) {
  auto& endpoint = view.endpoint;
  status.setInterfaceName(endpoint.interfaceName);
  status.setIpv4(withLength(endpoint.ipv4, view.network.subnet(Family::ipv4)));
  status.setIpv6(withLength(endpoint.ipv6, view.network.subnet(Family::ipv6)));
  status.setMac(endpoint.mac ? macText(*endpoint.mac) : "");
  status.setGateway4(gatewayText(view.network, Family::ipv4));
  status.setGateway6(gatewayText(view.network, Family::ipv6));
  auto ports = status.initPorts(endpoint.published.size());
  for (size_t i = 0; i < endpoint.published.size(); ++i) write(endpoint.published[i], ports[i]);
  auto nameservers = status.initNameservers(view.nameservers.size());
  for (size_t i = 0; i < view.nameservers.size(); ++i) nameservers.set(i, view.nameservers[i]);
}

void write(const std::vector<EndpointView>& views,
           capnp::List<schema::EndpointInfo>::Builder endpoints) {
  for (size_t i = 0; i < views.size(); ++i) {
    endpoints[i].setNetwork(views[i].endpoint.network);
    endpoints[i].setEndpoint(views[i].endpoint.endpoint);
    write(views[i], endpoints[i].initStatus());
  }
}

void write(const LinkCounters& counters, schema::InterfaceStatistics::Builder statistics) {
  statistics.setReceivedBytes(counters.receivedBytes);
  statistics.setReceivedPackets(counters.receivedPackets);
  statistics.setReceivedErrors(counters.receivedErrors);
  statistics.setReceivedDropped(counters.receivedDropped);
  statistics.setSentBytes(counters.sentBytes);
  statistics.setSentPackets(counters.sentPackets);
  statistics.setSentErrors(counters.sentErrors);
  statistics.setSentDropped(counters.sentDropped);
}

}  // namespace stave::net
