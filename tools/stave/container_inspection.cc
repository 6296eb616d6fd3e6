#include <stave/json.h>

#include <nlohmann/json.hpp>

#include "container_view.h"
#include "output.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

using State = schema::ContainerStatus::State;

template <typename List>
Json texts(const List& list) {
  Json array = Json::array();
  for (auto text : list) array.push_back(text.cStr());
  return array;
}

Json keyValues(capnp::List<schema::KeyValue>::Reader pairs) {
  Json object = Json::object();
  for (auto pair : pairs) object[pair.getKey().cStr()] = pair.getValue().cStr();
  return object;
}

Json stateView(const ObjectCopy& pod) {
  static constexpr const char* healths[] = {"none", "starting", "healthy", "unhealthy"};
  auto whole = pod.status<schema::PodStatus>();
  auto status = statusOf(pod, 0);
  auto state = status.getState();
  bool failed = whole.getPhase() == schema::PodStatus::Phase::FAILED;
  return {{"Status", failed ? "dead" : nameOf(state)},
          {"Running", state == State::RUNNING || state == State::PAUSED},
          {"Paused", state == State::PAUSED},
          {"Restarting", state == State::RESTARTING},
          {"OOMKilled", status.getOomKilled()},
          {"Dead", failed},
          {"Pid", status.getPid()},
          {"ExitCode", failed ? whole.getExitCode() : status.getExitCode()},
          {"Error", std::string(failed ? whole.getMessage() : status.getMessage())},
          {"StartedAt", isoTime(status.getStartedAt())},
          {"FinishedAt", isoTime(status.getFinishedAt())},
          {"Health",
           {{"Status", healths[int(status.getHealth())]},
            {"FailingStreak", status.getHealthFailures()}}}};
}

Json configView(const ObjectCopy& pod) {
  auto container = pod.spec<schema::PodSpec>().getContainers()[0];
  Json environment = Json::array();
  for (auto pair : container.getEnvironment()) {
    environment.push_back(std::string(pair.getKey()) + "=" + pair.getValue().cStr());
  }
  return {{"Image", container.getImage().cStr()},
          {"Cmd", texts(container.getArguments())},
          {"Entrypoint", texts(container.getCommand())},
          {"Env", environment},
          {"Labels", keyValues(pod.metadata().getLabels())},
          {"WorkingDir", container.getWorkingDirectory().cStr()},
          {"User", container.getUser().cStr()},
          {"Tty", container.getTerminal()},
          {"OpenStdin", container.getOpenStdin()},
          {"StopSignal", container.getStopSignal().cStr()},
          {"Hostname", pod.spec<schema::PodSpec>().getHostname().cStr()}};
}

std::string withoutPrefix(std::string address) {
  return address.substr(0, address.find('/'));
}

Json networkView(const ObjectCopy& pod) {
  static constexpr const char* protocols[] = {"tcp", "udp", "sctp"};
  Json networks = Json::object(), ports = Json::object();
  std::string first;
  for (auto endpoint : pod.status<schema::PodStatus>().getEndpoints()) {
    auto status = endpoint.getStatus();
    auto address = withoutPrefix(status.getIpv4().cStr());
    if (first.empty()) first = address;
    networks[endpoint.getNetwork().cStr()] = {
        {"IPAddress", address},
        {"GlobalIPv6Address", withoutPrefix(status.getIpv6().cStr())},
        {"Gateway", status.getGateway4().cStr()},
        {"MacAddress", status.getMac().cStr()}};
    for (auto port : status.getPorts()) {
      auto key = std::to_string(port.getContainerPort()) + "/" + protocols[int(port.getProtocol())];
      ports[key].push_back({{"HostIp", port.getHostAddress().cStr()},
                            {"HostPort", std::to_string(port.getHostPort())}});
    }
  }
  return {{"IPAddress", first}, {"Networks", networks}, {"Ports", ports}};
}

Json mountsView(const ObjectCopy& pod) {
  auto spec = pod.spec<schema::PodSpec>();
  Json mounts = Json::array();
  for (auto mount : spec.getContainers()[0].getMounts()) {
    for (auto volume : spec.getVolumes()) {
      if (volume.getName() != mount.getVolume()) continue;
      auto type = volume.isHostPath() ? "bind" : volume.isTmpfs() ? "tmpfs" : "volume";
      auto source = volume.isHostPath() ? volume.getHostPath()
                    : volume.isVolume() ? volume.getVolume()
                                        : capnp::Text::Reader();
      mounts.push_back({{"Type", type},
                        {"Source", source.cStr()},
                        {"Destination", mount.getTarget().cStr()},
                        {"RW", !mount.getReadOnly()}});
    }
  }
  return mounts;
}

}  // namespace

Json containerInspection(const ObjectCopy& pod) {
  auto spec = pod.spec<schema::PodSpec>();
  static constexpr const char* restarts[] = {"no", "always", "on-failure", "unless-stopped"};
  auto policy = spec.getRestartPolicy();
  auto status = statusOf(pod, 0);
  Json options = {{"AutoRemove", spec.getRemoveWhenDone()},
                  {"RestartPolicy",
                   {{"Name", restarts[int(policy.getMode())]},
                    {"MaximumRetryCount", policy.getMaximumRetries()}}},
                  {"Privileged", spec.getContainers()[0].getSecurity().getPrivileged()},
                  {"ReadonlyRootfs", spec.getContainers()[0].getSecurity().getReadOnlyRoot()},
                  {"Memory", spec.getContainers()[0].getResources().getMemory()},
                  {"NanoCpus", spec.getContainers()[0].getResources().getCpuMillis() * 1'000'000}};
  return {{"Id", pod.uid()},
          {"Name", "/" + pod.name()},
          {"Created", isoTime(pod.metadata().getCreated())},
          {"Image", status.getImageId().cStr()},
          {"LogPath", status.getLogPath().cStr()},
          {"RestartCount", status.getRestarts()},
          {"State", stateView(pod)},
          {"Config", configView(pod)},
          {"HostConfig", options},
          {"Mounts", mountsView(pod)},
          {"NetworkSettings", networkView(pod)},
          {"Spec", stave::json::encode(capnp::toDynamic(spec))}};
}

}  // namespace stave::cli
