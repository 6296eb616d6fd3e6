// Rows for networks.
#include <stave/error.h>
#include <stave/schema/objects/network.capnp.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "inspect.h"
#include "output.h"
#include "pod_change.h"
#include "pod_parts.h"
#include "prune.h"
#include "table.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

Action list(Flags& flags) {
  auto style = std::make_shared<ListingStyle>();
  declareListing(flags, *style);
  return [style](Session& session, const Words&) {
    static constexpr const char* phases[] = {"pending", "ready", "failed"};
    std::vector<Json> rows;
    for (auto& network : session.list("Network")) {
      auto status = network.status<schema::NetworkStatus>();
      auto spec = network.spec<schema::NetworkSpec>();
      std::string driver =
          status.getDriver().size() > 0 ? status.getDriver().cStr() : spec.getDriver().cStr();
      std::string subnets;
      for (auto subnet : status.getSubnets()) {
        subnets += (subnets.empty() ? "" : ",") + std::string(subnet.getCidr());
      }
      rows.push_back({{"ID", network.uid().substr(0, 12)},
                      {"Name", network.name()},
                      {"Driver", driver},
                      {"Scope", "local"},
                      {"Subnets", subnets},
                      {"Internal", spec.getInternal()},
                      {"Status", phases[int(status.getPhase())]},
                      {"CreatedAt", localTime(network.metadata().getCreated())}});
    }
    print(renderListing(rows,
                        {{"NETWORK ID", "ID"},
                         {"NAME", "Name"},
                         {"DRIVER", "Driver"},
                         {"SUBNETS", "Subnets"},
                         {"STATUS", "Status"}},
                        "Name", *style));
    return 0;
  };
}

struct NetworkFlags {
  std::string driver;
  std::vector<std::string> subnets, gateways, ranges, options, labels;
  bool internal = false, ipv6 = false, attachable = false;
};

ObjectCopy networkOf(const NetworkFlags& flags, const std::string& name) {
  ObjectCopy network;
  auto metadata = network.builder().initMetadata();
  metadata.setKind("Network");
  metadata.setName(name);
  auto labels = pairsOf(flags.labels, "--label");
  copyPairs(labels, metadata.initLabels(labels.size()));
  auto spec = network.builder().initSpec().initAs<schema::NetworkSpec>();
  spec.setDriver(flags.driver);
  spec.setInternal(flags.internal);
  spec.setIpv6(flags.ipv6);
  auto options = pairsOf(flags.options, "--opt");
  copyPairs(options, spec.initOptions(options.size()));
  if (flags.gateways.size() > flags.subnets.size() || flags.ranges.size() > flags.subnets.size()) {
    throw UsageError("--gateway and --ip-range belong to a --subnet each");
  }
  auto subnets = spec.initSubnets(flags.subnets.size());
  for (unsigned i = 0; i < subnets.size(); ++i) {
    subnets[i].setCidr(flags.subnets[i]);
    if (i < flags.gateways.size()) subnets[i].setGateway(flags.gateways[i]);
    if (i < flags.ranges.size()) subnets[i].setRange(flags.ranges[i]);
  }
  return network;
}

/// Whether a network is settled; fails with the status's message.
bool isReady(const ObjectCopy& network) {
  auto status = network.status<schema::NetworkStatus>();
  if (status.getObservedGeneration() < network.metadata().getGeneration()) return false;
  if (status.getPhase() == schema::NetworkStatus::Phase::FAILED) {
    fail(ErrorCode::CONFLICT, status.getMessage().cStr());
  }
  return status.getPhase() == schema::NetworkStatus::Phase::READY;
}

/// A network that cannot be made is not left behind.
void createNetwork(Session& session, const ObjectCopy& network) {
  auto& objects = session.client().objects;
  Transaction transaction(objects, "stave network create " + network.name());
  transaction.add(schema::Change::Op::CREATE, network);
  auto states = session.wait(transaction.commit());
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 if (isReady(states.at(0))) return;
                 session.wait(waitForObject(objects, {"Network", network.name(), ""},
                                            transaction.revision(),
                                            [](schema::WatchEvent::Reader event) {
                                              return isReady(ObjectCopy(event.getObject()));
                                            }));
               })) {
    Transaction removal(objects, "the network could not be made");
    removal.add(schema::Change::Op::DELETE, network);
    session.wait(removal.commit());
    kj::throwFatalException(kj::mv(*exception));
  }
  print(states.at(0).uid() + "\n");
}

Action create(Flags& flags) {
  auto options = std::make_shared<NetworkFlags>();
  flags.text("-d,--driver", options->driver, "Network plug-in (default: the stack's)");
  flags.texts("--subnet", options->subnets, "Addresses, as 10.9.0.0/24");
  flags.texts("--gateway", options->gateways, "Gateway of the subnet");
  flags.texts("--ip-range", options->ranges, "Automatic addresses come from here only");
  flags.toggle("--internal", options->internal, "No way to the outside");
  flags.toggle("--ipv6", options->ipv6, "With IPv6");
  flags.toggle("--attachable", options->attachable, "Accepted; all networks are");
  flags.texts("-o,--opt", options->options, "Option of the plug-in, NAME=VALUE");
  flags.texts("--label", options->labels, "Set a label, NAME=VALUE");
  return [options](Session& session, const Words& words) {
    createNetwork(session, networkOf(*options, words[0]));
    return 0;
  };
}

struct ConnectFlags {
  std::string ip, ip6;
  std::vector<std::string> aliases;
  bool force = false;
};

void editNetworks(ObjectCopy& pod, const std::string& network, const ConnectFlags* added) {
  auto spec = pod.specBuilder<schema::PodSpec>();
  auto orphan = spec.disownNetworks();
  auto old = orphan.getReader();
  std::vector<unsigned> kept;
  for (unsigned i = 0; i < old.size(); ++i) {
    if (old[i].getNetwork() != network.c_str()) kept.push_back(i);
  }
  bool wasThere = kept.size() < old.size();
  if (added != nullptr && wasThere) {
    fail(ErrorCode::ALREADY_EXISTS, pod.name() + " is on network " + network + " already");
  }
  if (added == nullptr && !wasThere) {
    fail(ErrorCode::NOT_FOUND, pod.name() + " is not on network " + network);
  }
  auto list = spec.initNetworks(kept.size() + (added != nullptr ? 1 : 0));
  for (unsigned i = 0; i < kept.size(); ++i) list.setWithCaveats(i, old[kept[i]]);
  if (added == nullptr) return;
  auto attachment = list[kept.size()];
  attachment.setNetwork(network);
  attachment.setIpv4(added->ip);
  attachment.setIpv6(added->ip6);
  copyTexts(added->aliases, attachment.initAliases(added->aliases.size()));
}

Action connect(Flags& flags) {
  auto options = std::make_shared<ConnectFlags>();
  flags.text("--ip", options->ip, "IPv4 address");
  flags.text("--ip6", options->ip6, "IPv6 address");
  flags.texts("--alias", options->aliases, "Further name on the network");
  return [options](Session& session, const Words& words) {
    session.find("Network", words[0]);
    session.wait(changePod(session.client().objects, session.findPod(words[1]),
                           "stave network connect " + words[0],
                           [&](ObjectCopy& pod) { editNetworks(pod, words[0], options.get()); }));
    return 0;
  };
}

Action disconnect(Flags& flags) {
  auto force = std::make_shared<bool>(false);
  flags.toggle("-f,--force", *force, "Accepted; it is never asked");
  return [force](Session& session, const Words& words) {
    session.wait(changePod(session.client().objects, session.findPod(words[1]),
                           "stave network disconnect " + words[0],
                           [&](ObjectCopy& pod) { editNetworks(pod, words[0], nullptr); }));
    return 0;
  };
}

Action inspect(Flags& flags) {
  return makeInspectOf(flags, "Network");
}
Action remove(Flags& flags) {
  return makeDeleteOf(flags, "Network");
}
Action prune(Flags& flags) {
  return makePrune(flags, [](schema::PruneWhat::Builder what) { what.setNetworks(true); });
}

}  // namespace

std::vector<Command> networkCommands() {
  constexpr auto named = Completes::networks;
  return {
      {"network ls", "[OPTIONS]", "List networks", "stave network ls", 0, 0, Completes::nothing,
       false, 1, &list},
      {"network create", "[OPTIONS] NAME", "Make a network",
       "stave network create --subnet 10.9.0.0/24 backend", 1, 1, Completes::nothing, false, 1,
       &create},
      {"network rm", "NAME [NAME...]", "Remove networks", "stave network rm backend", 1, anyNumber,
       named, false, 1, &remove},
      {"network inspect", "[OPTIONS] NAME [NAME...]", "Show all about networks",
       "stave network inspect backend", 1, anyNumber, named, false, 1, &inspect},
      {"network connect", "[OPTIONS] NETWORK CONTAINER", "Put a container on a network",
       "stave network connect --alias db backend postgres", 2, 2, named, false, 1, &connect},
      {"network disconnect", "[OPTIONS] NETWORK CONTAINER", "Take a container off a network",
       "stave network disconnect backend postgres", 2, 2, named, false, 1, &disconnect},
      {"network prune", "[OPTIONS]", "Remove networks that nothing uses", "stave network prune -f",
       0, 0, Completes::nothing, false, 1, &prune},
  };
}

}  // namespace stave::cli
