#pragma once

#include <stave/image/config.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/schema/runtime.capnp.h>

#include <string>
#include <vector>

/// What really runs: an image's configuration with a pod's wishes laid over it.
namespace stave::node {

/// The command line. Fails [invalid] if neither image nor pod give one.
std::vector<std::string> commandLine(schema::PodContainer::Reader container,
                                     const image::RunConfig& image);

/// The environment as NAME=value, each name once: defaults, image, pod.
std::vector<std::string> environmentOf(schema::PodContainer::Reader container,
                                       const image::RunConfig& image, const std::string& hostname);

/// The number of a signal written "SIGTERM", "TERM" or "15". Fails [invalid].
int signalNumber(std::string_view text);

/// The signal that asks the container to stop.
int stopSignalOf(schema::PodContainer::Reader container, const image::RunConfig& image);

/// The health check that holds, the image's if the pod gives none.
struct HealthPlan {
  std::vector<std::string> command;  ///< empty: no check
  int64_t intervalMillis = 30'000;
  int64_t timeoutMillis = 30'000;
  int64_t startPeriodMillis = 0;
  int64_t startIntervalMillis = 5'000;
  uint32_t retries = 3;
};
HealthPlan healthPlanOf(schema::PodContainer::Reader container, const image::RunConfig& image);

/// What tells whether it is ready to serve.
HealthPlan readinessPlanOf(schema::PodContainer::Reader container);

/// What comes from neither pod nor image.
struct ContainerPlace {
  std::string id;
  std::string hostname;
  std::string domainname;
  std::string logPath;  ///< empty: no log file
  uint64_t logMaxBytes = 0;
  uint32_t logMaxFiles = 0;
  std::string sharedPid;  ///< container whose namespace is joined; "host": the host's; empty: own
  std::string sharedIpc;
  std::string sharedUts;
};

/// Fills all but descriptors and mounts.
void fillContainerSpec(schema::ContainerSpec::Builder target, schema::PodSpec::Reader pod,
                       schema::PodContainer::Reader container, const image::RunConfig& image,
                       const ContainerPlace& place);

/// The ports of an image that a pod publishes: "80/tcp" as number and protocol.
struct ExposedPort {
  uint16_t port;
  schema::PortMapping::Protocol protocol;
  bool operator==(const ExposedPort&) const = default;
};
std::vector<ExposedPort> exposedPorts(const image::RunConfig& image);

}  // namespace stave::node
