#include "housekeeping.h"

#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/schema/objects/network.capnp.h>
#include <stave/schema/objects/volume.capnp.h>

#include <algorithm>
#include <set>

#include "text.h"

namespace stave::node {

namespace {

struct Item {
  std::string name;
  uint64_t bytes = 0;
  bool used = false;
  int64_t created = 0;
};

void fillPart(schema::DiskUsage::Part::Builder target, const std::vector<Item>& items) {
  target.setCount(items.size());
  uint64_t bytes = 0, reclaimable = 0;
  uint32_t active = 0;
  for (auto& each : items) {
    bytes += each.bytes;
    if (each.used) ++active;
    if (!each.used) reclaimable += each.bytes;
  }
  target.setActive(active);
  target.setBytes(bytes);
  target.setReclaimable(reclaimable);
}

void fillItems(capnp::List<schema::DiskUsage::Item>::Builder target,
               const std::vector<Item>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    target[i].setName(items[i].name.c_str());
    target[i].setBytes(items[i].bytes);
    target[i].setUsed(items[i].used);
    target[i].setCreated(items[i].created);
  }
}

std::string idOf(const ObjectCopy& image) {
  return text(image.status<schema::ImageStatus>().getConfigDigest());
}

std::vector<Item> imageItems(Engine& engine) {
  std::vector<Item> items;
  auto use = engine.podsByImage();
  for (auto& [name, object] : engine.images().all()) {
    auto status = object->status<schema::ImageStatus>();
    items.push_back({name, status.getSize(), use.count(idOf(*object)) > 0, status.getCreated()});
  }
  return items;
}

Task<std::vector<Item>> containerItems(Engine& engine) {
  std::map<std::string, uint64_t> sizes;
  auto listed = co_await engine.environment().drivers.storage.snapshotsRequest().send();
  for (auto each : listed.getSnapshots()) sizes[text(each.getName())] = each.getBytes();
  std::vector<Item> items;
  for (auto& [uid, worker] : engine.pods().all()) {
    auto& pod = worker->record();
    for (auto& each : pod.state.containers) {
      items.push_back({pod.object->key() + "/" + each.name, sizes[each.id], each.alive(),
                       pod.object->metadata().getCreated()});
    }
  }
  co_return std::move(items);
}

Task<uint64_t> volumeBytes(Engine& engine, std::string name) {
  try {
    auto request = engine.volumes().driver(name).usageRequest();
    request.setName(name.c_str());
    auto response = co_await request.send();
    co_return response.getBytes();
  } catch (const kj::Exception& exception) {
    engine.environment().warn("usage of volume " + name + ": " + textOf(exception));
  }
  co_return 0;
}

Task<std::vector<Item>> volumeItems(Engine& engine) {
  auto use = engine.podsByVolume();
  std::vector<std::string> names;
  for (auto& [name, object] : engine.volumes().all()) names.push_back(name);
  std::vector<Item> items;
  for (auto& name : names) {
    auto bytes = co_await volumeBytes(engine, name);
    items.push_back({name, bytes, use.count(name) > 0});
  }
  co_return std::move(items);
}

/// One prune: remembers what it has deleted.
class Pruner {
 public:
  Pruner(Engine& engine, schema::PruneWhat::Reader what) : engine_(engine), what_(what) {}

  Task<Pruned> run() {
    if (what_.getPods()) co_await prunePods();
    if (what_.getImages() || what_.getAllImages()) co_await pruneImages();
    if (what_.getNetworks()) co_await pruneNetworks();
    if (what_.getVolumes() || what_.getAllVolumes()) co_await pruneVolumes();
    if (what_.getContent()) co_await pruneContent();
    co_return std::move(result_);
  }

 private:
  bool wanted(const ObjectCopy& object) const {
    auto created = object.metadata().getCreated();
    if (object.deleted() || (what_.getUntil() != 0 && created >= what_.getUntil())) return false;
    return labelsFit(object.metadata(), what_.getLabels());
  }

  Task<> remove(ObjectPointer object, std::string kind) {
    std::string reason = "pruned";
    co_await engine_.writer().remove(*object, reason);
    result_.removed.push_back(kind + "/" + object->key());
  }

  Task<> prunePods() {
    std::vector<ObjectPointer> stopped;
    for (auto& [uid, worker] : engine_.pods().all()) {
      auto& pod = worker->record();
      auto& containers = pod.state.containers;
      bool alive = std::any_of(containers.begin(), containers.end(),
                               [](auto& each) { return each.alive(); });
      auto phase = pod.object->status<schema::PodStatus>().getPhase();
      using Phase = schema::PodStatus::Phase;
      bool over = phase == Phase::STOPPED || phase == Phase::FAILED || phase == Phase::CREATED;
      if (over && !alive && wanted(*pod.object)) stopped.push_back(pod.object);
    }
    for (auto& each : stopped) co_await remove(each, "Pod");
  }

  Task<> pruneImages() {
    auto use = engine_.podsByImage();
    auto all = engine_.images().all();
    for (auto& [name, object] : all) {
      bool named = name.rfind("sha256:", 0) != 0;
      if (named && !what_.getAllImages()) continue;
      if (use.count(idOf(*object)) > 0 || !wanted(*object)) continue;
      result_.bytes += object->status<schema::ImageStatus>().getSize();
      co_await remove(object, "Image");
    }
  }

  Task<> pruneNetworks() {
    auto use = engine_.podsByNetwork();
    auto& builtIn = engine_.environment().drivers.networkNames;
    auto all = engine_.networkObjects().all();
    for (auto& [name, object] : all) {
      bool default_ = std::find(builtIn.begin(), builtIn.end(), name) != builtIn.end();
      if (default_ || use.count(name) > 0 || !wanted(*object)) continue;
      co_await remove(object, "Network");
    }
  }

  Task<> pruneVolumes() {
    auto use = engine_.podsByVolume();
    auto all = engine_.volumes().all();
    for (auto& [name, object] : all) {
      bool anonymous = object->spec<schema::VolumeSpec>().getAnonymous();
      if (!anonymous && !what_.getAllVolumes()) continue;
      if (use.count(name) > 0 || !wanted(*object)) continue;
      auto bytes = co_await volumeBytes(engine_, name);
      result_.bytes += bytes;
      co_await remove(object, "Volume");
    }
  }

  Task<> pruneContent() {
    auto request = engine_.environment().drivers.content.collectRequest();
    request.setAll(true);
    auto response = co_await request.send();
    result_.bytes += response.getBytes();
  }

  Engine& engine_;
  schema::PruneWhat::Reader what_;
  Pruned result_;
};

}  // namespace

Task<> fillDiskUsage(Engine& engine, schema::DiskUsage::Builder target) {
  auto images = imageItems(engine);
  auto containers = co_await containerItems(engine);
  auto volumes = co_await volumeItems(engine);
  auto content = co_await engine.environment().drivers.content.usageRequest().send();
  auto layers = co_await engine.environment().drivers.storage.usageRequest().send();
  fillPart(target.initImages(), images);
  target.getImages().setBytes(layers.getLayerBytes());  // layers that images share count once
  fillPart(target.initContainers(), containers);
  fillPart(target.initVolumes(), volumes);
  fillItems(target.initImageList(images.size()), images);
  fillItems(target.initContainerList(containers.size()), containers);
  fillItems(target.initVolumeList(volumes.size()), volumes);
  auto part = target.initContent();
  part.setCount(content.getBlobs());
  part.setBytes(content.getBytes());
  part.setReclaimable(content.getBytes() - std::min(content.getHeldBytes(), content.getBytes()));
  auto logs = engine.environment().statePath + "/logs";
  if (os::exists(logs)) {
    auto measuring = engine.environment().workers.run([logs]() { return os::diskUsage(logs); });
    auto bytes = co_await kj::mv(measuring);
    target.initLogs().setBytes(bytes);
  }
}

Task<Pruned> prune(Engine& engine, schema::PruneWhat::Reader what) {
  Pruner pruner(engine, what);
  auto result = co_await pruner.run();
  co_return std::move(result);
}

bool labelsFit(schema::Metadata::Reader metadata, capnp::List<capnp::Text>::Reader wanted) {
  for (auto each : wanted) {
    auto condition = view(each);
    bool absent = !condition.empty() && condition[0] == '!';
    if (absent) condition.remove_prefix(1);
    auto equals = condition.find('=');
    auto key = condition.substr(0, equals);
    bool found = false;
    for (auto label : metadata.getLabels()) {
      bool valueFits =
          equals == condition.npos || view(label.getValue()) == condition.substr(equals + 1);
      if (view(label.getKey()) == key && valueFits) found = true;
    }
    if (found == absent) return false;
  }
  return true;
}

}  // namespace stave::node
