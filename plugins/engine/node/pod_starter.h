#pragma once

#include "container_spec.h"
#include "pod_files.h"
#include "pod_record.h"

namespace stave::node {

/// Begins containers: everything they need at the same time, then the processes. A container is
/// created as soon as it has a network namespace, and started when that is connected: the kernel
/// takes as long for the one as for the other. What fails is undone.
class PodStarter {
 public:
  using FindPod = std::function<ObjectPointer(const std::string& key)>;

  PodStarter(Environment& environment, NetworkReconciler& networks, VolumeReconciler& volumes,
             PodRecord& pod, FindPod findPod, std::function<void()> wake);

  /// Whether images, networks and volumes are there; asks for those that are missing.
  Task<Readiness> check(std::vector<size_t> indices);

  /// Makes the file systems only.
  Task<> prepare(std::vector<size_t> indices);

  /// Starts the processes. Returns what failed.
  Task<std::optional<Failure>> start(std::vector<size_t> indices);

  /// Begins the checks of a container that runs.
  void startChecks(size_t index);

  const PodMounts& mounts() const { return mounts_; }

 private:
  struct Gathered {
    kj::Maybe<schema::Fd::Client> root;  ///< that of a mount which may still be under way
    kj::ForkedPromise<void> rooted = nullptr;
    std::vector<PlannedMount> mounts;
  };

  Readiness checkNetworks();
  Task<Readiness> checkVolumes(size_t index);
  ContainerControl::FileSystem fileSystem(size_t index);
  Task<> gather(size_t index);
  Task<> awaitAttachment(size_t index);
  Task<> gatherRoot(size_t index);
  Task<> gatherMounts(size_t index);
  bool needsInterfaces() const;
  Task<> buildNetwork();
  Task<> reopenNetwork();
  Task<> remakeNetwork();
  Task<> shareNetwork(std::string podKey);
  Task<> launch(size_t index);
  Task<> undo(std::vector<size_t> indices);
  Task<> guard(const char* reason, kj::Promise<void> work);
  void recordFailure(const char* reason, const kj::Exception& exception);
  void fillSpec(schema::ContainerSpec::Builder target, size_t index);
  void addMounts(schema::ContainerSpec::Builder target, size_t index);
  std::vector<PlannedMount> identityFiles();
  kj::Promise<std::vector<ContainerControl::File>> filesOnceConnected(size_t index, bool known);
  ContainerPlace placeOf(size_t index);
  std::string shared(schema::Sharing::Reader sharing, size_t index);
  void noteStarted(size_t index, int32_t pid);
  std::vector<PodNetwork::Wish> networkWishes();
  std::vector<PodNetwork::Port> portWishes();

  Environment& environment_;
  NetworkReconciler& networks_;
  VolumeReconciler& volumes_;
  PodRecord& pod_;
  FindPod findPod_;
  std::function<void()> wake_;
  PodMounts mounts_;
  std::map<size_t, Gathered> gathered_;
  kj::ForkedPromise<void> connected_ = nullptr;  ///< the network is there, or failed
  bool identityKnown_ = false;
  std::optional<Failure> failure_;
};

}  // namespace stave::node
