// What a starting container is told: networks, ports, namespaces, files, mounts.

#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>

#include <algorithm>

#include "names.h"
#include "pod_starter.h"
#include "text.h"

namespace stave::node {

namespace {

constexpr const char* hostResolv = "/etc/resolv.conf";
constexpr const char* systemdResolv = "/run/systemd/resolve/resolv.conf";

/// The host's resolver configuration; where a local stub stands in it, what the stub asks.
std::string readHostResolv() {
  if (!os::exists(hostResolv)) return {};
  auto file = os::readFile(hostResolv);
  bool stub = file.find("127.0.0.53") != file.npos && os::exists(systemdResolv);
  return stub ? os::readFile(systemdResolv) : file;
}

PlannedMount fileAt(const char* target, std::string content) {
  PlannedMount mount;
  mount.target = target;
  mount.isFile = true;
  mount.content = std::move(content);
  return mount;
}

/// A mount of the pod's own at the same place wins.
void addUnlessMounted(std::vector<PlannedMount>& mounts, PlannedMount mount) {
  for (auto& each : mounts) {
    if (each.target == mount.target) return;
  }
  mounts.push_back(kj::mv(mount));
}

std::string withoutPrefixLength(schema::EndpointStatus::Reader status, bool six) {
  auto address = text(six ? status.getIpv6() : status.getIpv4());
  return address.substr(0, address.find('/'));
}

void keepAddress(PodNetwork::Wish& wish, const std::vector<PodNetwork::Endpoint>& endpoints) {
  for (auto& endpoint : endpoints) {
    if (endpoint.network != wish.network) continue;
    if (wish.ipv4.empty()) wish.ipv4 = withoutPrefixLength(*endpoint.status, false);
    if (wish.ipv6.empty()) wish.ipv6 = withoutPrefixLength(*endpoint.status, true);
  }
}

}  // namespace

std::vector<PodNetwork::Wish> PodStarter::networkWishes() {
  std::vector<PodNetwork::Wish> wishes;
  for (auto each : pod_.spec().getNetworks()) {
    wishes.push_back({.network = text(each.getNetwork()),
                      .names = texts(each.getAliases()),
                      .ipv4 = text(each.getIpv4()),
                      .ipv6 = text(each.getIpv6()),
                      .mac = text(each.getMac())});
  }
  if (wishes.empty()) wishes.push_back({.network = networks_.defaultNetwork()});
  for (auto& wish : wishes)
    wish.names.insert(wish.names.begin(), {pod_.object->name(), pod_.hostname()});
  return wishes;
}

std::vector<PodNetwork::Port> PodStarter::portWishes() {
  std::vector<PodNetwork::Port> ports;
  for (auto each : pod_.spec().getPorts()) {
    ports.push_back({.hostAddress = text(each.getHostAddress()),
                     .hostPort = each.getHostPort(),
                     .hostPortEnd = each.getHostPortEnd(),
                     .containerPort = each.getContainerPort(),
                     .protocol = each.getProtocol()});
  }
  if (!pod_.spec().getPublishAll()) return ports;
  for (auto& record : pod_.containers) {
    if (record.image == nullptr) continue;
    for (auto& exposed : exposedPorts(record.image->config.run)) {
      bool there = std::any_of(ports.begin(), ports.end(), [&](auto& port) {
        return port.containerPort == exposed.port && port.protocol == exposed.protocol;
      });
      if (!there) ports.push_back({.containerPort = exposed.port, .protocol = exposed.protocol});
    }
  }
  return ports;
}

Task<> PodStarter::buildNetwork() {
  if (!pod_.networkIsOwn()) {
    co_await shareNetwork(text(pod_.spec().getNetworkFrom()));
  } else {
    co_await reopenNetwork();
    if (!pod_.network.hasSandbox()) co_await remakeNetwork();
  }
  pod_.state.networked = true;
  identityKnown_ = true;
}

/// Settings of single interfaces are made when the container is created.
bool PodStarter::needsInterfaces() const {
  for (auto sysctl : pod_.spec().getSysctls()) {
    auto key = view(sysctl.getKey());
    bool ofOne = key.find(".conf.") != key.npos || key.find(".neigh.") != key.npos;
    if (key.starts_with("net.") && ofOne) return true;
  }
  return false;
}

/// After a restart of the engine a sandbox lives on in the pod's running containers.
Task<> PodStarter::reopenNetwork() {
  for (size_t index = 0; index < pod_.containers.size(); ++index) {
    auto& control = *pod_.containers[index].control;
    if (pod_.network.hasSandbox()) co_return;
    if (!pod_.state.containers[index].alive() || !control.exists()) continue;
    std::string failure;
    try {
      auto namespaces = co_await control.client().namespacesRequest().send();
      auto sandbox = co_await takeFd(namespaces.getNetwork(), "network namespace of the pod");
      pod_.network.adoptSandbox(kj::mv(sandbox));
    } catch (const kj::Exception& exception) {
      failure = textOf(exception);
    }
    if (!failure.empty()) environment_.warn("reopening the network of a pod: " + failure);
  }
}

/// If none runs the sandbox is gone: a new one, at the addresses that the pod had.
Task<> PodStarter::remakeNetwork() {
  auto wishes = networkWishes();
  for (auto& wish : wishes) keepAddress(wish, pod_.network.endpoints());
  co_await pod_.network.tearDown();
  co_await pod_.network.build(pod_.object->uid(), pod_.object->name(), std::move(wishes),
                              portWishes());
}

Task<> PodStarter::shareNetwork(std::string podKey) {
  auto other = findPod_(podKey);
  if (other == nullptr)
    fail(ErrorCode::NOT_FOUND, "no such pod to share the network of: " + podKey);
  auto get = environment_.drivers.runtime.getRequest();
  get.setId(other->uid().c_str());
  kj::Maybe<kj::Exception> failure;
  try {
    auto found = co_await get.send();
    auto namespaces = co_await found.getContainer().namespacesRequest().send();
    auto sandbox = co_await takeFd(namespaces.getNetwork(), "network namespace of " + other->key());
    pod_.network.adoptSandbox(kj::mv(sandbox));
  } catch (const kj::Exception& exception) {
    failure = kj::cp(exception);
  }
  KJ_IF_MAYBE (exception, failure) {
    fail(ErrorCode::UNAVAILABLE, "pod " + other->key() +
                                     ", whose network is to be shared, is not " +
                                     "running: " + textOf(*exception));
  }
}

std::string PodStarter::shared(schema::Sharing::Reader sharing, size_t index) {
  switch (sharing.getMode()) {
    case schema::Sharing::Mode::OWN:
      return {};
    case schema::Sharing::Mode::HOST:
      return "host";
    case schema::Sharing::Mode::POD:
      break;
  }
  if (sharing.getFrom().size() == 0) {
    bool first = index == pod_.firstMain() || pod_.state.containers[index].init;
    return first ? std::string() : pod_.state.containers[pod_.firstMain()].id;
  }
  auto key = text(sharing.getFrom());
  auto other = findPod_(key);
  if (other == nullptr) fail(ErrorCode::NOT_FOUND, "no such pod to share a namespace of: " + key);
  return other->uid();
}

ContainerPlace PodStarter::placeOf(size_t index) {
  auto spec = pod_.spec();
  auto log = pod_.containerSpec(index).getLog();
  auto& record = pod_.containers[index];
  return {.id = record.control->id(),
          .hostname = pod_.hostname(),
          .domainname = text(spec.getDomainname()),
          .logPath = record.logPath,
          .logMaxBytes = log.getMaxBytes() != 0 ? log.getMaxBytes() : environment_.logMaxBytes,
          .logMaxFiles = log.getMaxFiles() != 0 ? log.getMaxFiles() : environment_.logMaxFiles,
          .sharedPid = shared(spec.getPid(), index),
          .sharedIpc = shared(spec.getIpc(), index),
          .sharedUts = shared(spec.getUts(), index)};
}

void PodStarter::fillSpec(schema::ContainerSpec::Builder target, size_t index) {
  auto& record = pod_.containers[index];
  fillContainerSpec(target, pod_.spec(), pod_.containerSpec(index), record.image->config.run,
                    placeOf(index));
  record.command = texts(target.asReader().getArguments());
  KJ_IF_MAYBE (root, gathered_[index].root) target.setRoot(*root);
  // Without one the runtime would take the host's network, which is for the host driver to give.
  if (!pod_.network.hasSandbox()) fail(ErrorCode::INTERNAL, "the pod has no network namespace");
  target.setNetwork(pod_.network.sandbox());
  if (pod_.spec().getUserNamespace()) {
    target.getSecurity().setUserNamespace(true);
    fillIdMappings(target.initUidMappings(1));
    fillIdMappings(target.initGidMappings(1));
  }
  addMounts(target, index);
}

std::vector<PlannedMount> PodStarter::identityFiles() {
  auto identity = identityOf(pod_.network.statuses());
  std::vector<NameAddress> extra;
  for (auto each : pod_.spec().getExtraHosts()) {
    extra.push_back({text(each.getName()), text(each.getAddress())});
  }
  auto domain = text(pod_.spec().getDomainname());
  std::vector<PlannedMount> files;
  files.push_back(fileAt("/etc/hosts", hostsFile(pod_.hostname(), domain, identity, extra)));
  files.push_back(
      fileAt("/etc/resolv.conf", resolvFile(pod_.spec().getDns(), identity, readHostResolv())));
  for (auto& each : files) each.identity = true;
  return files;
}

void PodStarter::addMounts(schema::ContainerSpec::Builder target, size_t index) {
  auto& mounts = gathered_[index].mounts;
  addUnlessMounted(mounts, fileAt("/etc/hostname", pod_.hostname() + "\n"));
  for (auto& each : identityFiles()) addUnlessMounted(mounts, kj::mv(each));
  auto list = target.initMounts(mounts.size());
  for (size_t i = 0; i < mounts.size(); ++i) fillMount(list[i], mounts[i]);
}

kj::Promise<std::vector<ContainerControl::File>> PodStarter::filesOnceConnected(size_t index,
                                                                                bool known) {
  return connected_.addBranch().then([this, index, known]() {
    if (failure_) kj::throwFatalException(makeError(failure_->code, failure_->message));
    std::vector<ContainerControl::File> files;
    if (known) return files;
    for (auto& fresh : identityFiles()) {
      for (auto& mount : gathered_[index].mounts) {
        bool same = mount.identity && mount.target == fresh.target;
        if (same) files.push_back({fresh.target, fresh.content});
      }
    }
    return files;
  });
}

}  // namespace stave::node
