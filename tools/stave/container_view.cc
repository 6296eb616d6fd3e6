#include "container_view.h"

#include <nlohmann/json.hpp>

#include "output.h"

namespace stave::cli {

using nlohmann::json;

namespace {

constexpr size_t shortId = 12;
using State = schema::ContainerStatus::State;
using Phase = schema::PodStatus::Phase;

std::string portText(schema::PortMapping::Reader port) {
  static constexpr const char* protocols[] = {"tcp", "udp", "sctp"};
  auto inside = std::to_string(port.getContainerPort()) + "/" + protocols[int(port.getProtocol())];
  if (port.getHostPort() == 0) return inside;
  std::string address = port.getHostAddress();
  if (address.empty()) address = "0.0.0.0";
  if (address.find(':') != std::string::npos) address = "[" + address + "]";
  return address + ":" + std::to_string(port.getHostPort()) + "->" + inside;
}

std::string ago(int64_t nanoseconds) {
  return humanDuration((nowNanoseconds() - nanoseconds) / 1'000'000'000);
}

std::string healthText(schema::ContainerStatus::Reader status) {
  switch (status.getHealth()) {
    case schema::ContainerStatus::Health::STARTING:
      return " (health: starting)";
    case schema::ContainerStatus::Health::HEALTHY:
      return " (healthy)";
    case schema::ContainerStatus::Health::UNHEALTHY:
      return " (unhealthy)";
    default:
      return "";
  }
}

std::string stateOf(const ObjectCopy& pod, schema::ContainerStatus::Reader status) {
  auto phase = pod.status<schema::PodStatus>().getPhase();
  if (phase == Phase::FAILED) return "dead";
  if (phase == Phase::PENDING) return "pending";
  return nameOf(status.getState());
}

std::string statusText(const ObjectCopy& pod, schema::ContainerStatus::Reader status) {
  auto whole = pod.status<schema::PodStatus>();
  if (whole.getPhase() == Phase::FAILED) {
    return "Failed (" + std::to_string(whole.getExitCode()) +
           "): " + std::string(whole.getReason());
  }
  if (whole.getPhase() == Phase::PENDING) {
    return whole.getReason().size() > 0 ? "Pending: " + std::string(whole.getReason()) : "Pending";
  }
  auto code = std::to_string(status.getExitCode());
  switch (status.getState()) {
    case State::RUNNING:
      return "Up " + ago(status.getStartedAt()) + healthText(status);
    case State::PAUSED:
      return "Up " + ago(status.getStartedAt()) + " (Paused)";
    case State::STOPPED:
      return "Exited (" + code + ") " + ago(status.getFinishedAt()) + " ago";
    case State::RESTARTING:
      return "Restarting (" + code + ") " + ago(status.getFinishedAt()) + " ago";
    case State::CREATED:
      return "Created";
    case State::WAITING:
      return "Waiting";
  }
  return "";
}

template <typename List>
std::string joined(const List& words, const char* separator) {
  std::string text;
  for (auto word : words) text += (text.empty() ? "" : separator) + std::string(word.cStr());
  return text;
}

std::string commandText(const ObjectCopy& pod, unsigned index, bool full) {
  auto container = pod.spec<schema::PodSpec>().getContainers()[index];
  auto real = statusOf(pod, index).getCommand();
  auto text = real.size() > 0 ? joined(real, " ") : joined(container.getCommand(), " ");
  if (real.size() == 0) text += (text.empty() ? "" : " ") + joined(container.getArguments(), " ");
  constexpr size_t room = 20;
  if (!full && text.size() > room) text = text.substr(0, room - 1) + "…";
  return "\"" + text + "\"";
}

std::string labelsText(const ObjectCopy& pod) {
  std::string text;
  for (auto label : pod.metadata().getLabels()) {
    text += (text.empty() ? "" : ",") + std::string(label.getKey()) + "=" + label.getValue().cStr();
  }
  return text;
}

std::string networksText(const ObjectCopy& pod) {
  std::string text;
  for (auto endpoint : pod.status<schema::PodStatus>().getEndpoints()) {
    text += (text.empty() ? "" : ",") + std::string(endpoint.getNetwork());
  }
  return text;
}

std::string mountsText(const ObjectCopy& pod) {
  std::string text;
  for (auto volume : pod.spec<schema::PodSpec>().getVolumes()) {
    auto name = volume.isHostPath() ? volume.getHostPath()
                : volume.isVolume() ? volume.getVolume()
                                    : capnp::Text::Reader();
    if (name.size() > 0) text += (text.empty() ? "" : ",") + std::string(name);
  }
  return text;
}

}  // namespace

std::string nameOf(State state) {
  switch (state) {
    case State::WAITING:
      return "waiting";
    case State::CREATED:
      return "created";
    case State::RUNNING:
      return "running";
    case State::PAUSED:
      return "paused";
    case State::STOPPED:
      return "exited";
    case State::RESTARTING:
      return "restarting";
  }
  return "unknown";
}

std::string portsText(schema::PodStatus::Reader status) {
  std::string text;
  for (auto endpoint : status.getEndpoints()) {
    for (auto port : endpoint.getStatus().getPorts()) {
      text += (text.empty() ? "" : ", ") + portText(port);
    }
  }
  return text;
}

schema::ContainerStatus::Reader statusOf(const ObjectCopy& pod, unsigned index) {
  auto containers = pod.status<schema::PodStatus>().getContainers();
  return index < containers.size() ? containers[index] : schema::ContainerStatus::Reader();
}

json containerRow(const ObjectCopy& pod, unsigned index, bool full) {
  auto container = pod.spec<schema::PodSpec>().getContainers()[index];
  auto status = statusOf(pod, index);
  std::string id =
      index == 0 || status.getId().size() == 0 ? pod.uid() : std::string(status.getId());
  std::string nameSpace = pod.metadata().getNamespace();
  auto name =
      nameSpace.empty() || nameSpace == "default" ? pod.name() : nameSpace + "/" + pod.name();
  if (container.getName() != "main") name += "." + std::string(container.getName());
  auto created = pod.metadata().getCreated();
  return {{"ID", full ? id : id.substr(0, shortId)},
          {"Names", name},
          {"Image", std::string(container.getImage())},
          {"Command", commandText(pod, index, full)},
          {"CreatedAt", localTime(created)},
          {"RunningFor", ago(created) + " ago"},
          {"State", stateOf(pod, status)},
          {"Status", statusText(pod, status)},
          {"Ports", portsText(pod.status<schema::PodStatus>())},
          {"Labels", labelsText(pod)},
          {"Mounts", mountsText(pod)},
          {"Networks", networksText(pod)},
          {"Pod", pod.name()},
          {"Namespace", nameSpace},
          {"Node", std::string(pod.status<schema::PodStatus>().getNode())}};
}

}  // namespace stave::cli
