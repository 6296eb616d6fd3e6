#pragma once

#include <stave/net/links.h>
#include <stave/net/plan.h>
#include <stave/net/records.h>
#include <stave/schema/network.capnp.h>

/// Between the `Network` contract and the plain data that drivers work with.
namespace stave::net {

/// Fails [invalid] naming the field.
NetworkWish readWish(const std::string& name, schema::NetworkSpec::Reader spec);
EndpointRequest readRequest(schema::EndpointRequest::Reader request);

void write(const NetworkRecord& network, std::string_view driver,
           schema::NetworkStatus::Builder status);

/// What an endpoint's status is made of.
struct EndpointView {
  EndpointRecord endpoint;
  NetworkRecord network;
  std::vector<std::string> nameservers;
};
void write(const EndpointView& view, schema::EndpointStatus::Builder status);
void write(const std::vector<EndpointView>& views,
           capnp::List<schema::EndpointInfo>::Builder endpoints);

/// `counters` as the pod sees them.
void write(const LinkCounters& counters, schema::InterfaceStatistics::Builder statistics);

}  // namespace stave::net
