#include <fcntl.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/null_services.h>

#include <map>

namespace stave::testing {

namespace {

class NullRootFs final : public schema::RootFs::Server {
 public:
  explicit NullRootFs(std::string root) : root_(std::move(root)) {}

  kj::Promise<void> mount(MountContext context) override {
    context.getResults().setTree(makeFd(os::open(root_, O_PATH | O_DIRECTORY)));
    return kj::READY_NOW;
  }
  kj::Promise<void> changes(ChangesContext context) override {
    context.getResults().initChanges(0);
    return kj::READY_NOW;
  }
  kj::Promise<void> diff(DiffContext context) override {
    // A tar without entries is two blocks of zeros.
    auto sink = context.getParams().getSink();
    auto request = sink.writeRequest();
    auto zeros = request.initBytes(1024);
    context.getResults().setBytes(zeros.size());
    context.getResults().setDiffId(
        "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
    return request.send().then(
        [sink]() mutable { return sink.endRequest().send().ignoreResult(); });
  }
  kj::Promise<void> usage(UsageContext context) override { return kj::READY_NOW; }

 private:
  std::string root_;
};

class NullStorage final : public schema::Storage::Server {
 public:
  explicit NullStorage(std::string root) : root_(std::move(root)) {}

  kj::Promise<void> unpack(UnpackContext context) override {
    auto params = context.getParams();
    requireLayer(params.getParent());
    layers_[params.getChainId().cStr()] = params.getParent().cStr();
    context.getResults().setDiffId(params.getSource().getDiffId());
    return kj::READY_NOW;
  }

  kj::Promise<void> hasLayer(HasLayerContext context) override {
    context.getResults().setExists(layers_.count(context.getParams().getChainId().cStr()) != 0);
    return kj::READY_NOW;
  }

  kj::Promise<void> removeLayer(RemoveLayerContext context) override {
    std::string chainId = context.getParams().getChainId().cStr();
    for (auto* children : {&layers_, &snapshots_}) {
      for (auto& [name, parent] : *children) {
        if (parent == chainId) fail(ErrorCode::CONFLICT, name + " stands on layer " + chainId);
      }
    }
    layers_.erase(chainId);
    return kj::READY_NOW;
  }

  kj::Promise<void> layers(LayersContext context) override {
    auto list = context.getResults().initLayers(layers_.size());
    unsigned i = 0;
    for (auto& [chainId, parent] : layers_) {
      list[i].setChainId(chainId);
      list[i++].setParent(parent);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> prepare(PrepareContext context) override {
    auto params = context.getParams();
    requireLayer(params.getParent());
    std::string name = params.getSnapshot().cStr(), parent = params.getParent().cStr();
    auto [snapshot, made] = snapshots_.insert({name, parent});
    if (!made && snapshot->second != parent) {
      fail(ErrorCode::CONFLICT, "snapshot " + name + " exists on another layer");
    }
    context.getResults().setRoot(kj::heap<NullRootFs>(root_));
    return kj::READY_NOW;
  }

  kj::Promise<void> open(OpenContext context) override {
    auto found = snapshots_.find(context.getParams().getSnapshot().cStr());
    if (found == snapshots_.end()) {
      fail(ErrorCode::NOT_FOUND,
           std::string("snapshot ") + context.getParams().getSnapshot().cStr());
    }
    context.getResults().setRoot(kj::heap<NullRootFs>(root_));
    context.getResults().setParent(found->second);
    return kj::READY_NOW;
  }

  kj::Promise<void> remove(RemoveContext context) override {
    snapshots_.erase(context.getParams().getSnapshot().cStr());
    return kj::READY_NOW;
  }

  kj::Promise<void> snapshots(SnapshotsContext context) override {
    auto list = context.getResults().initSnapshots(snapshots_.size());
    unsigned i = 0;
    for (auto& [name, parent] : snapshots_) {
      list[i].setName(name);
      list[i++].setParent(parent);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> view(ViewContext context) override {
    requireLayer(context.getParams().getChainId());
    context.getResults().setRoot(kj::heap<NullRootFs>(root_));
    return kj::READY_NOW;
  }

  kj::Promise<void> usage(UsageContext context) override { return kj::READY_NOW; }

 private:
  void requireLayer(capnp::Text::Reader chainId) {
    if (chainId == "" || layers_.count(chainId.cStr()) != 0) return;
    fail(ErrorCode::NOT_FOUND, std::string("layer ") + chainId.cStr());
  }

  std::string root_;
  std::map<std::string, std::string> layers_;     // chain id and parent
  std::map<std::string, std::string> snapshots_;  // name and parent
};

}  // namespace

schema::Storage::Client newNullStorage(std::string root) {
  return kj::heap<NullStorage>(std::move(root));
}

}  // namespace stave::testing
