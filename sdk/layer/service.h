#pragma once

#include <kj/refcount.h>
#include <kj/timer.h>

#include <map>
#include <memory>
#include <string>

#include "depot.h"
#include "stave/layer/apply.h"
#include "stave/layer/storage_service.h"

namespace stave::layer {

class Unpacking;

/// What a RootFs shows: a snapshot, or a layer without one.
struct Subject {
  bool snapshot;
  std::string name;  ///< of the snapshot, or the chain id
};

class StorageService final : public schema::Storage::Server {
 public:
  StorageService(Context& context, kj::Own<Driver> driver);

  kj::Promise<void> unpack(UnpackContext context) override;
  kj::Promise<void> hasLayer(HasLayerContext context) override;
  kj::Promise<void> removeLayer(RemoveLayerContext context) override;
  kj::Promise<void> layers(LayersContext context) override;
  kj::Promise<void> prepare(PrepareContext context) override;
  kj::Promise<void> open(OpenContext context) override;
  kj::Promise<void> remove(RemoveContext context) override;
  kj::Promise<void> snapshots(SnapshotsContext context) override;
  kj::Promise<void> view(ViewContext context) override;
  kj::Promise<void> usage(UsageContext context) override;

  // For the parts of the service.

  /// Where a subject lies and what it stands on. Fails [not-found].
  struct Found {
    Place place;
    Chain below;
    os::IdMappings mappings;
  };
  Found find(const Subject& subject);

  /// The chain that begins with this layer; empty for an empty id. Fails [not-found].
  Chain chainOf(const std::string& chainId);

  /// Done when the layer is there. Fails [not-found] when it neither is nor is under way.
  kj::Promise<void> whenLayer(std::string chainId);

  Context& context() { return context_; }
  Driver& driver() { return *driver_; }
  Depot& depot() { return depot_; }

  /// The service's own threads, which end before the driver does. The second are for what can take
  /// long or waits for others.
  WorkerPool& quickJobs() { return quickJobs_; }
  WorkerPool& longJobs() { return longJobs_; }

  void addLayer(const LayerRecord& record);
  bool hasOrExpects(const std::string& chainId);
  void forgetUnpacking(const std::string& chainId) { unpackings_.erase(chainId); }
  schema::Storage::Client self() { return thisCap(); }

 private:
  /// Several callers may ask for the same snapshot; it is in the list from the first of them on.
  struct Snapshot {
    SnapshotRecord record;
    kj::ForkedPromise<void> ready;
  };
  using SnapshotEntry = std::shared_ptr<Snapshot>;

  void load();
  kj::Own<Unpacking> unpackingOf(const std::string& chainId);
  kj::Own<Unpacking> startUnpacking(UnpackParams::Reader params, os::Fd blob);
  Task<> follow(UnpackContext context, kj::Own<Unpacking> unpacking);
  void requireUnused(const std::string& chainId);
  SnapshotEntry enterSnapshot(const SnapshotRecord& wanted);
  SnapshotEntry snapshotOf(const std::string& name);
  Task<> makeSnapshot(SnapshotRecord record);
  Task<> whenReady(SnapshotEntry entry);
  void touch(const std::string& chainId);

  Context& context_;
  kj::Own<Driver> driver_;
  Depot depot_;
  WorkerPool quickJobs_;
  WorkerPool longJobs_;
  std::map<std::string, LayerRecord> layers_;
  std::map<std::string, SnapshotEntry> snapshots_;
  std::map<std::string, Unpacking*> unpackings_;
};

/// One layer on its way. All who asked for it hold a reference; without any, it is stopped.
class Unpacking final : public kj::Refcounted {
 public:
  struct Request {
    std::string chainId;
    std::string parent;
    std::string mediaType;
    std::string diffId;
    uint64_t size;
    os::Fd blob;
  };

  Unpacking(StorageService& service, Request request);
  ~Unpacking() noexcept(false);

  kj::Promise<void> done() { return done_.addBranch(); }
  kj::Own<Unpacking> addReference() { return kj::addRef(*this); }
  const std::string& parent() const { return parent_; }
  uint64_t bytesRead() const { return control_->bytesRead; }

 private:
  StorageService& service_;
  std::string chainId_;
  std::string parent_;
  std::shared_ptr<JobControl> control_;
  kj::ForkedPromise<void> done_;
};

schema::RootFs::Client newRootFs(StorageService& service, Subject subject);

}  // namespace stave::layer
