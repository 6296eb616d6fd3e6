#include "service.h"

#include "record.h"
#include "reporter.h"
#include "stave/error.h"

namespace stave::layer {

namespace {

/// Layers that are unpacked at once. Most of them wait for the network, and each has a bounded
/// buffer.
constexpr unsigned maxLongJobs = 24;
constexpr unsigned maxQuickJobs = 4;

std::function<void(const kj::Exception&)> logFailure() {
  // On a thread of its own there is no way to the plug-in's log; KJ's goes to standard error.
  return [](const kj::Exception& exception) { KJ_LOG(ERROR, "cleaning up failed", exception); };
}

std::string text(capnp::Text::Reader value) {
  return {value.begin(), value.size()};
}

}  // namespace

StorageService::StorageService(Context& context, kj::Own<Driver> driver)
    : context_(context),
      driver_(kj::mv(driver)),
      depot_(std::string(context.statePath()), *driver_, logFailure()),
      quickJobs_(maxQuickJobs),
      longJobs_(maxLongJobs) {
  load();
}

void StorageService::load() {
  auto content = depot_.load();
  for (auto& record : content.layers) addLayer(record);
  for (auto& record : content.snapshots) {
    auto ready = kj::Promise<void>(kj::READY_NOW).fork();
    snapshots_[record.name] = std::make_shared<Snapshot>(Snapshot{record, kj::mv(ready)});
  }
  for (auto& damaged : content.damaged) {
    context_.log(schema::LogLevel::WARNING, "thrown away at the start: " + damaged);
  }
}

void StorageService::addLayer(const LayerRecord& record) {
  layers_[record.chainId] = record;
}

bool StorageService::hasOrExpects(const std::string& chainId) {
  return layers_.count(chainId) != 0 || unpackings_.count(chainId) != 0;
}

kj::Promise<void> StorageService::whenLayer(std::string chainId) {
  if (layers_.count(chainId) != 0) return kj::READY_NOW;
  auto underWay = unpackings_.find(chainId);
  if (underWay != unpackings_.end()) return underWay->second->done();
  fail(ErrorCode::NOT_FOUND, "there is no layer " + chainId);
}

Chain StorageService::chainOf(const std::string& chainId) {
  Chain chain;
  for (auto next = chainId; !next.empty();) {
    auto layer = layers_.find(next);
    if (layer == layers_.end()) {
      fail(ErrorCode::NOT_FOUND, "there is no layer " + next + "; unpack the image's layers first");
    }
    chain.push_back({depot_.layerPlace(next), layer->second.rootNamed});
    if (layer->second.rootOpaque) break;
    next = layer->second.parent;
  }
  return chain;
}

StorageService::Found StorageService::find(const Subject& subject) {
  if (subject.snapshot) {
    auto snapshot = snapshots_.find(subject.name);
    if (snapshot == snapshots_.end()) {
      fail(ErrorCode::NOT_FOUND, "there is no snapshot " + subject.name);
    }
    auto& record = snapshot->second->record;
    return {depot_.snapshotPlace(subject.name), chainOf(record.parent), record.mappings};
  }
  auto chain = chainOf(subject.name);
  auto place = chain.front().place;
  chain.erase(chain.begin());
  return {place, chain, {}};
}

void StorageService::touch(const std::string& chainId) {
  auto layer = layers_.find(chainId);
  if (layer == layers_.end()) return;
  layer->second.lastUsed = now();
  depot_.touch(chainId);
}

kj::Promise<void> StorageService::hasLayer(HasLayerContext context) {
  context.getResults().setExists(layers_.count(text(context.getParams().getChainId())) != 0);
  return kj::READY_NOW;
}

/// Fails [conflict] when something stands on the layer.
void StorageService::requireUnused(const std::string& chainId) {
  auto refuse = [&](const std::string& user) {
    fail(ErrorCode::CONFLICT, "layer " + chainId + " cannot be removed: " + user + " stands on it");
  };
  for (auto& [id, layer] : layers_) {
    if (layer.parent == chainId) refuse("layer " + id);
  }
  for (auto& [id, unpacking] : unpackings_) {
    if (unpacking->parent() == chainId) refuse("layer " + id + ", which is being unpacked,");
  }
  for (auto& [name, snapshot] : snapshots_) {
    if (snapshot->record.parent == chainId) refuse("snapshot " + name);
  }
}

kj::Promise<void> StorageService::removeLayer(RemoveLayerContext context) {
  auto chainId = text(context.getParams().getChainId());
  if (layers_.count(chainId) == 0) return kj::READY_NOW;
  requireUnused(chainId);
  depot_.discard(depot_.layerPlace(chainId));
  layers_.erase(chainId);
  return kj::READY_NOW;
}

kj::Promise<void> StorageService::layers(LayersContext context) {
  auto list = context.getResults().initLayers(layers_.size());
  unsigned index = 0;
  for (auto& [id, layer] : layers_) {
    auto info = list[index++];
    info.setChainId(id.c_str());
    info.setParent(layer.parent.c_str());
    info.setBytes(layer.bytes);
    info.setCreated(layer.created);
    info.setLastUsed(layer.lastUsed);
  }
  return kj::READY_NOW;
}

kj::Own<Unpacking> StorageService::unpackingOf(const std::string& chainId) {
  auto underWay = unpackings_.find(chainId);
  if (underWay == unpackings_.end()) return {};
  return underWay->second->addReference();
}

kj::Own<Unpacking> StorageService::startUnpacking(UnpackParams::Reader params, os::Fd blob) {
  auto chainId = text(params.getChainId());
  auto source = params.getSource();
  if (source.getSize() == 0) fail(ErrorCode::INVALID, "the blob of layer " + chainId + " is empty");
  auto unpacking = kj::refcounted<Unpacking>(
      *this, Unpacking::Request{chainId, text(params.getParent()), text(source.getMediaType()),
                                text(source.getDiffId()), source.getSize(), kj::mv(blob)});
  unpackings_[chainId] = unpacking.get();
  return unpacking;
}

/// Waits for an unpacking, telling the sink of this caller how it goes.
Task<> StorageService::follow(UnpackContext context, kj::Own<Unpacking> unpacking) {
  auto params = context.getParams();
  auto done = unpacking->done();
  if (!params.hasProgress()) {
    co_await kj::mv(done);
    co_return;
  }
  auto item = itemOf(params);
  auto total = params.getSource().getSize();
  auto report = reportProgress(context_.timer(), params.getProgress(), item, total,
                               unpacking->addReference());
  co_await done.exclusiveJoin(kj::mv(report));
  context_.spawn(reportDone(params.getProgress(), item, total));
}

kj::Promise<void> StorageService::unpack(UnpackContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto chainId = text(context.getParams().getChainId());
    hexOf(chainId);
    auto unpacking = unpackingOf(chainId);
    if (layers_.count(chainId) == 0 && unpacking.get() == nullptr) {
      auto blob = co_await takeFd(context.getParams().getSource().getBlob(), "the layer's blob");
      // Somebody else may have begun, or even finished, meanwhile.
      unpacking = unpackingOf(chainId);
      if (layers_.count(chainId) == 0 && unpacking.get() == nullptr) {
        unpacking = startUnpacking(context.getParams(), kj::mv(blob));
      }
    }
    if (layers_.count(chainId) == 0) co_await follow(context, kj::mv(unpacking));
    auto layer = layers_.find(chainId);
    if (layer == layers_.end()) {
      fail(ErrorCode::CONFLICT, "layer " + chainId + " was removed as soon as it was unpacked");
    }
    context.getResults().setBytes(layer->second.bytes);
    context.getResults().setDiffId(layer->second.diffId.c_str());
  });
}

}  // namespace stave::layer
