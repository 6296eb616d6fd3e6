#include "local_volumes.h"

#include <chrono>

#include "stave/capability.h"
#include "stave/layer/bind.h"
#include "stave/os/entry.h"
#include "stave/os/mount.h"

namespace stave::local {

namespace {

int64_t now() {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

std::string shown(const OptionMap& options) {
  std::string text;
  for (auto& [key, value] : options) text += " " + key + "=" + value;
  return text.empty() ? " none" : text;
}

}  // namespace

LocalVolumes::LocalVolumes(Context& context)
    : context_(context), store_(std::string(context.statePath())) {
  for (auto& volume : store_.load()) {
    auto plan = planOf(volume.options);
    entries_[volume.name] = Entry{volume, std::move(plan), nullptr};
  }
}

LocalVolumes::Entry& LocalVolumes::find(const std::string& name) {
  auto found = entries_.find(name);
  if (found != entries_.end()) return found->second;
  fail(ErrorCode::NOT_FOUND, "there is no volume " + name);
}

kj::Promise<void> LocalVolumes::create(CreateContext context) {
  auto params = context.getParams();
  Volume volume{params.getName().cStr(), now(), {}};
  for (auto option : params.getOptions()) {
    volume.options[option.getKey().cStr()] = option.getValue().cStr();
  }
  auto plan = planOf(volume.options);
  auto existing = entries_.find(volume.name);
  if (existing != entries_.end()) {
    auto& options = existing->second.volume.options;
    if (options == volume.options) return kj::READY_NOW;
    fail(ErrorCode::CONFLICT,
         "volume " + volume.name + " exists with other options:" + shown(options));
  }
  store_.add(volume);
  entries_[volume.name] = Entry{volume, std::move(plan), nullptr};
  return kj::READY_NOW;
}

kj::Promise<void> LocalVolumes::remove(RemoveContext context) {
  std::string name = context.getParams().getName().cStr();
  auto found = entries_.find(name);
  if (found == entries_.end()) return kj::READY_NOW;
  if (store_.inUse(name)) fail(ErrorCode::CONFLICT, "volume " + name + " is mounted");
  entries_.erase(found);
  return context_.workers().run([this, name]() { store_.remove(name); });
}

os::Fd LocalVolumes::treeOf(Entry& entry, bool readOnly) {
  if (entry.plan.kind == MountPlan::directory) {
    return layer::bindTree(store_.dataPath(entry.volume.name), {}, readOnly);
  }
  if (entry.plan.kind == MountPlan::fileSystem && entry.kept == nullptr) {
    entry.kept = mountPlanned(entry.plan);
  }
  bool kept = entry.kept != nullptr;
  auto tree = kept ? os::cloneTree(entry.kept.get(), false) : mountPlanned(entry.plan);
  os::MountAttributes attributes;
  attributes.set = MOUNT_ATTR_RDONLY;
  attributes.recursive = entry.plan.recursive;
  if (readOnly) os::setMountAttributes(tree, attributes);
  return tree;
}

bool LocalVolumes::isEmpty(Entry& entry, int tree) {
  if (entry.plan.kind == MountPlan::directory) return store_.neverHeldAnything(entry.volume);
  return os::namesIn(tree).empty();
}

kj::Promise<void> LocalVolumes::mount(MountContext context) {
  auto& entry = find(context.getParams().getName().cStr());
  auto tree = treeOf(entry, context.getParams().getReadOnly());
  auto results = context.getResults();
  results.setEmpty(isEmpty(entry, tree));
  results.setTree(makeFd(kj::mv(tree), store_.use(entry.volume.name)));
  return kj::READY_NOW;
}

kj::Promise<void> LocalVolumes::list(ListContext context) {
  auto list = context.getResults().initVolumes(entries_.size());
  unsigned index = 0;
  for (auto& [name, entry] : entries_) {
    auto info = list[index++];
    info.setName(name.c_str());
    info.setCreated(entry.volume.created);
    bool directory = entry.plan.kind == MountPlan::directory;
    info.setPath((directory ? store_.dataPath(name) : entry.plan.device).c_str());
    auto options = info.initOptions(entry.volume.options.size());
    unsigned option = 0;
    for (auto& [key, value] : entry.volume.options) {
      options[option].setKey(key.c_str());
      options[option++].setValue(value.c_str());
    }
  }
  return kj::READY_NOW;
}

kj::Promise<void> LocalVolumes::path(PathContext context) {
  auto& entry = find(context.getParams().getName().cStr());
  switch (entry.plan.kind) {
    case MountPlan::directory:
      context.getResults().setPath(store_.dataPath(entry.volume.name).c_str());
      break;
    case MountPlan::bind:
      context.getResults().setPath(entry.plan.device.c_str());
      break;
    default:
      break;  // it lies nowhere on the host
  }
  return kj::READY_NOW;
}

kj::Promise<void> LocalVolumes::usage(UsageContext context) {
  return async([this, context]() mutable -> Task<> {
    auto& entry = find(context.getParams().getName().cStr());
    // What a bind mount shows is not the volume's own.
    if (entry.plan.kind == MountPlan::bind) co_return;
    auto tree = treeOf(entry, true);
    auto measured = std::make_shared<os::Fd>(kj::mv(tree));
    auto job = context_.workers().run([measured]() {
      return os::diskUsage("/proc/self/fd/" + std::to_string(measured->get()) + "/.");
    });
    auto bytes = co_await kj::mv(job);
    context.getResults().setBytes(bytes);
  });
}

}  // namespace stave::local
