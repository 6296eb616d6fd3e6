#include "fake_drivers.h"

#include <fcntl.h>
#include <signal.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/image/manifest.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "text.h"

namespace stave::node {

namespace {

using World = std::shared_ptr<FakeWorld>;

constexpr const char* layerContent = "a layer";

kj::AutoCloseFd fileWith(const std::string& content) {
  char path[] = "/tmp/fake-blob-XXXXXX";
  kj::AutoCloseFd file(mkstemp(path));
  unlink(path);
  os::writeAll(file.get(), content.data(), content.size());
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

schema::Fd::Client nothing() {
  return makeFd(os::open("/dev/null", O_RDONLY));
}

class FakeRoot final : public schema::RootFs::Server {
 public:
  explicit FakeRoot(World world) : world_(world) {}

  kj::Promise<void> mount(MountContext context) override {
    context.getResults().setTree(world_->openRoot());
    return kj::READY_NOW;
  }
  kj::Promise<void> changes(ChangesContext context) override {
    context.getResults().initChanges(1)[0].setPath("/new");
    return kj::READY_NOW;
  }
  kj::Promise<void> diff(DiffContext context) override {
    auto sink = context.getParams().getSink();
    auto write = sink.writeRequest();
    write.setBytes(kj::StringPtr("a difference").asBytes());
    return write.send().then([sink]() mutable { return sink.endRequest().send().ignoreResult(); });
  }

 private:
  World world_;
};

class FakeStorage final : public schema::Storage::Server {
 public:
  explicit FakeStorage(World world) : world_(world) {}

  kj::Promise<void> unpack(UnpackContext context) override {
    world_->layers.insert(text(context.getParams().getChainId()));
    context.getResults().setBytes(100);
    return kj::READY_NOW;
  }
  kj::Promise<void> hasLayer(HasLayerContext context) override {
    context.getResults().setExists(world_->layers.count(text(context.getParams().getChainId())) >
                                   0);
    return kj::READY_NOW;
  }
  kj::Promise<void> removeLayer(RemoveLayerContext context) override {
    auto chain = text(context.getParams().getChainId());
    for (auto& [name, parent] : world_->snapshots) {
      if (parent == chain) fail(ErrorCode::CONFLICT, "layer in use by " + name);
    }
    world_->layers.erase(chain);
    return kj::READY_NOW;
  }
  kj::Promise<void> prepare(PrepareContext context) override {
    auto parent = text(context.getParams().getParent());
    if (!parent.empty() && world_->layers.count(parent) == 0) fail(ErrorCode::NOT_FOUND, parent);
    world_->snapshots[text(context.getParams().getSnapshot())] = parent;
    context.getResults().setRoot(kj::heap<FakeRoot>(world_));
    return kj::READY_NOW;
  }
  kj::Promise<void> open(OpenContext context) override {
    if (world_->snapshots.count(text(context.getParams().getSnapshot())) == 0) {
      fail(ErrorCode::NOT_FOUND, "no such snapshot");
    }
    context.getResults().setRoot(kj::heap<FakeRoot>(world_));
    return kj::READY_NOW;
  }
  kj::Promise<void> remove(RemoveContext context) override {
    world_->snapshots.erase(text(context.getParams().getSnapshot()));
    return kj::READY_NOW;
  }
  kj::Promise<void> usage(UsageContext context) override {
    context.getResults().setLayerBytes(1000);
    return kj::READY_NOW;
  }
  kj::Promise<void> snapshots(SnapshotsContext context) override {
    auto list = context.getResults().initSnapshots(world_->snapshots.size());
    size_t i = 0;
    for (auto& [name, parent] : world_->snapshots) list[i++].setName(name.c_str());
    return kj::READY_NOW;
  }

 private:
  World world_;
};

class FakeNetwork final : public schema::Network::Server {
 public:
  explicit FakeNetwork(World world) : world_(world) {}

  kj::Promise<void> createNetwork(CreateNetworkContext context) override {
    world_->networks.insert(text(context.getParams().getName()));
    context.getResults().initStatus();
    return kj::READY_NOW;
  }
  kj::Promise<void> removeNetwork(RemoveNetworkContext context) override {
    world_->networks.erase(text(context.getParams().getName()));
    return kj::READY_NOW;
  }
  kj::Promise<void> createSandbox(CreateSandboxContext context) override {
    ++world_->sandboxes;
    context.getResults().setNamespace(nothing());
    return kj::READY_NOW;
  }
  kj::Promise<void> attach(AttachContext context) override {
    auto request = context.getParams().getRequest();
    world_->endpoints.insert(text(request.getEndpoint()));
    world_->wantedAddress = text(request.getIpv4());
    auto status = context.getResults().initStatus();
    status.setIpv4("10.88.0.2/16");
    status.setPorts(request.getPorts());
    return kj::READY_NOW;
  }
  kj::Promise<void> detach(DetachContext context) override {
    world_->endpoints.erase(text(context.getParams().getEndpoint()));
    return kj::READY_NOW;
  }
  kj::Promise<void> endpoints(EndpointsContext context) override {
    auto list = context.getResults().initEndpoints(world_->endpoints.size());
    size_t i = 0;
    for (auto& each : world_->endpoints) list[i++].setEndpoint(each.c_str());
    return kj::READY_NOW;
  }

 private:
  World world_;
};

/// Takes one blob into a file and keeps it when it is committed.
class FakeIngest final : public schema::Ingest::Server {
 public:
  explicit FakeIngest(World world) : world_(world), file_(fileWith("")) {}

  kj::Promise<void> file(FileContext context) override {
    context.getResults().setFile(makeFd(os::duplicate(file_.get())));
    return kj::READY_NOW;
  }
  kj::Promise<void> commit(CommitContext context) override {
    auto size = context.getParams().getSize();
    std::string bytes(size, '\0');
    auto got = os::readAt(file_.get(), bytes.data(), size, 0);
    auto digest = text(context.getParams().getDigest());
    if (got != size || image::digestOf(bytes) != digest) fail(ErrorCode::INVALID, "wrong digest");
    world_->blobs[digest] = bytes;
    return kj::READY_NOW;
  }

 private:
  World world_;
  kj::AutoCloseFd file_;
};

class FakeHold final : public schema::Hold::Server {};

class FakeContent final : public schema::Content::Server {
 public:
  explicit FakeContent(World world) : world_(world) {}

  kj::Promise<void> open(OpenContext context) override {
    auto& blob = find(text(context.getParams().getDigest()));
    context.getResults().setBlob(makeFd(fileWith(blob)));
    context.getResults().setSize(blob.size());
    return kj::READY_NOW;
  }
  kj::Promise<void> follow(FollowContext context) override {
    auto& blob = find(text(context.getParams().getDigest()));
    context.getResults().setBlob(makeFd(fileWith(blob)));
    context.getResults().setSize(blob.size());
    return kj::READY_NOW;
  }
  kj::Promise<void> hold(HoldContext context) override {
    context.getResults().setHold(kj::heap<FakeHold>());
    if (!context.getParams().getPersistent()) return kj::READY_NOW;
    world_->holds[text(context.getParams().getName())] = texts(context.getParams().getDigests());
    return kj::READY_NOW;
  }
  kj::Promise<void> ingest(IngestContext context) override {
    context.getResults().initUnion().setWriter(kj::heap<FakeIngest>(world_));
    return kj::READY_NOW;
  }
  kj::Promise<void> usage(UsageContext context) override {
    context.getResults().setBlobs(world_->blobs.size());
    return kj::READY_NOW;
  }
  kj::Promise<void> release(ReleaseContext context) override {
    world_->holds.erase(text(context.getParams().getName()));
    return kj::READY_NOW;
  }

 private:
  const std::string& find(const std::string& digest) {
    auto found = world_->blobs.find(digest);
    if (found == world_->blobs.end()) fail(ErrorCode::NOT_FOUND, "no blob " + digest);
    return found->second;
  }

  World world_;
};

class FakeRegistry final : public schema::Registry::Server {
 public:
  explicit FakeRegistry(World world) : world_(world) {}

  kj::Promise<void> pull(PullContext context) override {
    auto params = context.getParams();
    auto reference = text(params.getReference());
    world_->pulled.push_back(reference);
    bool archive = reference.rfind("docker-archive:", 0) == 0;
    auto found = archive ? world_->references.begin() : world_->references.find(reference);
    if (found == world_->references.end()) {
      fail(ErrorCode::NOT_FOUND, "manifest unknown: " + reference);
    }
    auto manifest = image::parseManifest(world_->blobs.at(found->second), reference);
    auto request = params.getSink().resolvedRequest();
    fill(request.initImage(), reference, found->second, manifest);
    fill(context.getResults().initImage(), reference, found->second, manifest);
    if (!params.hasSink()) return kj::READY_NOW;
    return request.send().ignoreResult();
  }
  kj::Promise<void> push(PushContext context) override {
    auto reference = text(context.getParams().getReference());
    world_->pushed.push_back(reference);
    auto colon = reference.find(':');
    auto path = reference.substr(colon + 1, reference.find(':', colon + 1) - colon - 1);
    if (reference.rfind("docker-archive:", 0) == 0) os::replaceFile(path, "an archive");
    context.getResults().setDigest(context.getParams().getManifestDigest());
    return kj::READY_NOW;
  }
  kj::Promise<void> images(ImagesContext context) override {
    auto reference = text(context.getParams().getReference());
    if (reference.rfind("docker-archive:", 0) != 0) fail(ErrorCode::INVALID, "no such archive");
    context.getResults().initReferences(1).set(0, "docker.io/library/loaded:1");
    return kj::READY_NOW;
  }

 private:
  void fill(schema::ResolvedImage::Builder target, const std::string& reference,
            const std::string& digest, const image::Manifest& manifest) {
    target.setReference(reference.c_str());
    target.initManifest().setDigest(digest.c_str());
    target.initConfig().setDigest(manifest.config.digest.c_str());
    target.initIndex().setDigest(digest.c_str());
    auto layers = target.initLayers(manifest.layers.size());
    auto diffIds = target.initDiffIds(manifest.layers.size());
    for (size_t i = 0; i < manifest.layers.size(); ++i) {
      layers[i].setDigest(manifest.layers[i].digest.c_str());
      layers[i].setSize(manifest.layers[i].size);
      diffIds.set(i, image::digestOf(layerContent).c_str());
    }
    auto& config = world_->blobs.at(manifest.config.digest);
    target.setConfigJson(kj::StringPtr(config.c_str(), config.size()).asBytes());
  }

  World world_;
};

class FakeVolumes final : public schema::VolumeDriver::Server {
 public:
  explicit FakeVolumes(World world) : world_(world) {}

  kj::Promise<void> create(CreateContext context) override {
    world_->volumes.insert(text(context.getParams().getName()));
    return kj::READY_NOW;
  }
  kj::Promise<void> remove(RemoveContext context) override {
    if (!world_->volumeFailure.empty()) fail(ErrorCode::UNAVAILABLE, world_->volumeFailure);
    world_->volumes.erase(text(context.getParams().getName()));
    return kj::READY_NOW;
  }
  kj::Promise<void> mount(MountContext context) override {
    context.getResults().setTree(nothing());
    context.getResults().setEmpty(true);
    return kj::READY_NOW;
  }
  kj::Promise<void> path(PathContext context) override { return kj::READY_NOW; }

 private:
  World world_;
};

}  // namespace

std::string fakeConfig(const std::string& run) {
  return R"({"os":"linux","architecture":"amd64","config":)" + run +
         R"(,"rootfs":{"type":"layers","diff_ids":[")" + image::digestOf(layerContent) + R"("]}})";
}

std::string FakeWorld::addImage(const std::string& config) {
  auto layerDigest = image::digestOf(layerContent);
  auto configDigest = image::digestOf(config);
  blobs[layerDigest] = layerContent;
  blobs[configDigest] = config;
  image::Manifest manifest;
  manifest.mediaType = image::media::ociManifest;
  manifest.config = {.mediaType = std::string(image::media::ociConfig),
                     .digest = configDigest,
                     .size = config.size()};
  manifest.layers.push_back({.mediaType = std::string(image::media::ociLayer),
                             .digest = layerDigest,
                             .size = std::string(layerContent).size()});
  auto bytes = image::write(manifest);
  auto digest = image::digestOf(bytes);
  blobs[digest] = bytes;
  return digest;
}

Drivers fakeDrivers(const World& world) {
  Drivers drivers;
  drivers.runtime = newFakeRuntime(world);
  drivers.storage = kj::heap<FakeStorage>(world);
  drivers.content = kj::heap<FakeContent>(world);
  drivers.network = forAnyName<schema::Network::Client>(kj::heap<FakeNetwork>(world));
  drivers.registry = forAnyName<schema::Registry::Client>(kj::heap<FakeRegistry>(world));
  drivers.volume = forAnyName<schema::VolumeDriver::Client>(kj::heap<FakeVolumes>(world));
  drivers.networkNames = {"bridge"};
  return drivers;
}

}  // namespace stave::node
