#pragma once

#include <map>
#include <memory>
#include <set>

#include "environment.h"

/// Drivers in memory for the engine's tests. What they hold can be looked at, so that a test sees
/// what a failure leaves behind; failures themselves come from stave/testing/script.h.
namespace stave::node {

/// What the fake drivers hold, shared between them and the test.
struct FakeWorld {
  struct Run {
    std::string id;
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::vector<std::string> mountTargets;
    std::map<std::string, std::string> files;  ///< content by target, as last given
    std::string hostname;
    bool hasNetwork = false;
    schema::ContainerState::Phase phase = schema::ContainerState::Phase::CREATED;
    int32_t exitCode = 0;
    int64_t finishedAt = 0;
    bool heedsSignals = true;
    std::vector<int> signals;
    std::vector<kj::Own<kj::PromiseFulfiller<int>>> waiters;

    void take(kj::StringPtr target, capnp::Data::Reader content) {
      files[target.cStr()] = std::string(content.asChars().begin(), content.size());
    }
  };

  std::map<std::string, std::shared_ptr<Run>> containers;  ///< by id
  std::set<std::string> reserved;                          ///< parent and id
  std::map<std::string, std::string> snapshots;            ///< and the chain they stand on
  std::set<std::string> layers;
  std::set<std::string> endpoints;
  uint32_t sandboxes = 0;     // made so far
  std::string wantedAddress;  // of the last attachment
  std::set<std::string> networks;
  std::set<std::string> volumes;
  std::string volumeFailure;  ///< of the removal of any
  std::map<std::string, std::string> blobs;
  std::map<std::string, std::vector<std::string>> holds;
  std::vector<std::string> pulled;
  bool signalsHeeded = true;  ///< of containers to come
  int32_t checkExitCode = 0;  ///< of what is executed in them
  unsigned starts = 0;
  std::string root = "/dev/null";  ///< what stands for every container's root directory
  std::vector<std::string> pushed;

  schema::Fd::Client openRoot() const;

  /// Makes the container's process end.
  void exit(const std::string& id, int32_t code);

  /// A one-layer image in content; returns its manifest's digest.
  std::string addImage(const std::string& config);
  std::map<std::string, std::string> references;  ///< of the registry, to manifest digests
};

/// The same client for every name.
template <typename Client>
std::function<Client(const std::string& name)> forAnyName(Client client) {
  auto shared = std::make_shared<Client>(kj::mv(client));
  return [shared](const std::string&) { return *shared; };
}

Drivers fakeDrivers(const std::shared_ptr<FakeWorld>& world);
schema::Runtime::Client newFakeRuntime(const std::shared_ptr<FakeWorld>& world);  ///< one of them

/// An image configuration with one layer.
std::string fakeConfig(const std::string& run);

}  // namespace stave::node
