#include "service.h"
#include "stave/error.h"
#include "tree_usage.h"

namespace stave::layer {

namespace {

std::string text(capnp::Text::Reader value) {
  return {value.begin(), value.size()};
}

std::vector<os::IdRange> rangesOf(capnp::List<schema::IdMapping>::Reader list) {
  std::vector<os::IdRange> ranges;
  for (auto line : list) ranges.push_back({line.getInside(), line.getOutside(), line.getCount()});
  return ranges;
}

SnapshotRecord recordOf(schema::Storage::PrepareParams::Reader params) {
  auto options = params.getOptions();
  if (options.getSizeLimit() != 0) {
    fail(ErrorCode::UNSUPPORTED, "this storage driver cannot limit the size of a snapshot");
  }
  SnapshotRecord record{text(params.getSnapshot()), text(params.getParent()), now(), {}, {}};
  record.mappings = {rangesOf(options.getUidMappings()), rangesOf(options.getGidMappings())};
  if (record.mappings.uids.empty() != record.mappings.gids.empty()) {
    fail(ErrorCode::INVALID, "uidMappings and gidMappings must both be given or both be empty");
  }
  for (auto label : options.getLabels()) {
    record.labels.emplace_back(text(label.getKey()), text(label.getValue()));
  }
  return record;
}

void requireSame(const SnapshotRecord& existing, const SnapshotRecord& wanted) {
  if (existing.parent != wanted.parent) {
    fail(ErrorCode::CONFLICT, "snapshot " + wanted.name + " exists with the parent \"" +
                                  existing.parent + "\", not \"" + wanted.parent + "\"");
  }
  if (existing.mappings != wanted.mappings) {
    fail(ErrorCode::CONFLICT, "snapshot " + wanted.name + " exists with other id mappings");
  }
}

}  // namespace

/// The snapshot of that name, begun now if there is none.
StorageService::SnapshotEntry StorageService::enterSnapshot(const SnapshotRecord& wanted) {
  auto existing = snapshots_.find(wanted.name);
  if (existing != snapshots_.end()) {
    requireSame(existing->second->record, wanted);
    return existing->second;
  }
  depot_.snapshotPlace(wanted.name);
  chainOf(wanted.parent);
  auto entry = std::make_shared<Snapshot>(Snapshot{wanted, makeSnapshot(wanted).promise().fork()});
  return snapshots_[wanted.name] = entry;
}

StorageService::SnapshotEntry StorageService::snapshotOf(const std::string& name) {
  auto found = snapshots_.find(name);
  if (found != snapshots_.end()) return found->second;
  fail(ErrorCode::NOT_FOUND, "there is no snapshot " + name);
}

Task<> StorageService::makeSnapshot(SnapshotRecord record) {
  auto below = chainOf(record.parent);
  touch(record.parent);
  auto& pool = driver_->whiteouts() == Whiteouts::overlay ? quickJobs_ : longJobs_;
  auto job = pool.run([this, below, record]() {
    auto staged = depot_.stage();
    driver_->makeSnapshot(staged.place(), below);
    depot_.publish(std::move(staged), record);
  });
  co_await kj::mv(job);
}

/// Waits until a snapshot is made. One that could not be made is not in the list any more.
Task<> StorageService::whenReady(SnapshotEntry entry) {
  try {
    co_await entry->ready.addBranch();
    co_return;
  } catch (...) {
    auto listed = snapshots_.find(entry->record.name);
    if (listed != snapshots_.end() && listed->second == entry) snapshots_.erase(listed);
    throw;
  }
}

kj::Promise<void> StorageService::prepare(PrepareContext context) {
  return async([this, context]() mutable -> Task<> {
    auto record = recordOf(context.getParams());
    auto entry = enterSnapshot(record);
    co_await whenReady(entry);
    context.getResults().setRoot(newRootFs(*this, {true, record.name}));
  });
}

kj::Promise<void> StorageService::open(OpenContext context) {
  return async([this, context]() mutable -> Task<> {
    auto entry = snapshotOf(text(context.getParams().getSnapshot()));
    co_await whenReady(entry);
    context.getResults().setRoot(newRootFs(*this, {true, entry->record.name}));
    context.getResults().setParent(entry->record.parent.c_str());
  });
}

kj::Promise<void> StorageService::remove(RemoveContext context) {
  return async([this, context]() mutable -> Task<> {
    auto name = text(context.getParams().getSnapshot());
    auto found = snapshots_.find(name);
    if (found == snapshots_.end()) co_return;
    auto entry = found->second;
    try {
      co_await whenReady(entry);
    } catch (...) {
      co_return;  // it never came to be
    }
    found = snapshots_.find(name);
    if (found == snapshots_.end() || found->second != entry) co_return;
    depot_.discard(depot_.snapshotPlace(name));
    snapshots_.erase(found);
  });
}

kj::Promise<void> StorageService::view(ViewContext context) {
  auto chainId = text(context.getParams().getChainId());
  if (chainId.empty()) fail(ErrorCode::INVALID, "the chain id to view is empty");
  chainOf(chainId);
  touch(chainId);
  context.getResults().setRoot(newRootFs(*this, {false, chainId}));
  return kj::READY_NOW;
}

kj::Promise<void> StorageService::snapshots(SnapshotsContext context) {
  return async([this, context]() mutable -> Task<> {
    std::vector<std::pair<SnapshotRecord, std::string>> records;
    for (auto& [name, entry] : snapshots_) {
      records.emplace_back(entry->record, depot_.snapshotPlace(name).content());
    }
    auto job = longJobs_.run([records]() {
      std::vector<uint64_t> sizes;
      for (auto& [record, path] : records) sizes.push_back(usageOfPath(path).bytes);
      return sizes;
    });
    auto sizes = co_await kj::mv(job);
    auto list = context.getResults().initSnapshots(records.size());
    for (size_t i = 0; i < records.size(); i++) {
      auto& record = records[i].first;
      list[i].setName(record.name.c_str());
      list[i].setParent(record.parent.c_str());
      list[i].setBytes(sizes[i]);
      list[i].setCreated(record.created);
    }
  });
}

kj::Promise<void> StorageService::usage(UsageContext context) {
  return async([this, context]() mutable -> Task<> {
    uint64_t layerBytes = 0;
    for (auto& [id, layer] : layers_) layerBytes += layer.bytes;
    auto path = depot_.path();
    auto job = longJobs_.run([path]() { return usageOfPath(path + "/snapshots").bytes; });
    auto snapshotBytes = co_await kj::mv(job);
    auto results = context.getResults();
    results.setLayerBytes(layerBytes);
    results.setSnapshotBytes(snapshotBytes);
    results.setAvailable(os::availableBytes(path));
  });
}

}  // namespace stave::layer
