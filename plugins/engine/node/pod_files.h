#pragma once

#include <stave/schema/objects/pod.capnp.h>

#include <string>
#include <vector>

/// The files that tell the processes of a pod who and where they are.
namespace stave::node {

struct NameAddress {
  std::string name;
  std::string address;
};

/// What the pod's networks say about it.
struct NetworkIdentity {
  std::vector<std::string> addresses;    ///< without prefix length
  std::vector<std::string> nameservers;  ///< of the networks' own DNS
  std::string gateway;                   ///< the host as the pod reaches it
};

NetworkIdentity identityOf(const std::vector<schema::EndpointStatus::Reader>& endpoints);

std::string hostsFile(const std::string& hostname, const std::string& domainname,
                      const NetworkIdentity& identity, const std::vector<NameAddress>& extra);

/// `host` is the host's own resolv.conf: its servers serve where the networks have none, but for
/// those of its loopback interface, which a pod cannot reach.
std::string resolvFile(schema::Dns::Reader dns, const NetworkIdentity& identity,
                       const std::string& host);

}  // namespace stave::node
