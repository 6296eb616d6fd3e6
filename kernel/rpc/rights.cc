#include "kernel/rpc/rights.h"

#include <unistd.h>

#include <algorithm>

namespace stave::rpc {

namespace {

Rights rightsOf(schema::RightsConfig::Rights rights) {
  switch (rights) {
    case schema::RightsConfig::Rights::FULL:
      return Rights::full;
    case schema::RightsConfig::Rights::READ:
      return Rights::read;
    default:
      return Rights::none;
  }
}

bool names(kj::StringPtr configured, const std::string& name, const std::string& number) {
  return configured == name.c_str() || configured == number.c_str();
}

bool inGroup(kj::StringPtr group, const os::PeerCredentials& peer) {
  return std::any_of(peer.groups.begin(), peer.groups.end(), [&](gid_t gid) {
    return names(group, os::groupName(gid), std::to_string(gid));
  });
}

}  // namespace

Client clientOf(const os::PeerCredentials& peer, schema::EndpointConfig::Reader config) {
  auto user = os::userName(peer.uid);
  Client client{"user/" + user, Rights::none};
  bool owner = peer.uid == 0 || peer.uid == geteuid();
  bool member = config.getGroup().size() > 0 && inGroup(config.getGroup(), peer);
  if (owner || member) {
    client.rights = Rights::full;
    return client;
  }
  for (auto entry : config.getRights()) {
    bool userFits =
        entry.getUser().size() > 0 && names(entry.getUser(), user, std::to_string(peer.uid));
    bool groupFits = entry.getGroup().size() > 0 && inGroup(entry.getGroup(), peer);
    if (!userFits && !groupFits) continue;
    client.rights = rightsOf(entry.getRights());
    break;
  }
  return client;
}

Client clientOf(const std::string& commonName, schema::EndpointConfig::Reader config) {
  Client client{"certificate/" + commonName, Rights::none};
  for (auto entry : config.getRights()) {
    if (commonName.empty() || entry.getUser() != commonName.c_str()) continue;
    client.rights = rightsOf(entry.getRights());
    break;
  }
  return client;
}

}  // namespace stave::rpc
