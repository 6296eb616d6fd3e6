// A complete plug-in: volumes that are directories in a folder of the user's choice.
#include <settings.capnp.h>
#include <stave/directory_set.h>
#include <stave/os/mount.h>
#include <stave/plugin.h>
#include <stave/schema/volume.capnp.h>

using namespace stave;

class FolderVolumes final : public schema::VolumeDriver::Server {
 public:
  FolderVolumes(Context& context, std::string_view path)
      : workers_(context.workers()), volumes_(std::make_shared<DirectorySet>("volume", path)) {}

  kj::Promise<void> create(CreateContext call) override {
    if (call.getParams().getOptions().size() > 0)
      fail(ErrorCode::INVALID, "volumes of the folder driver take no options");
    volumes_->add(call.getParams().getName().cStr());
    return kj::READY_NOW;
  }
  kj::Promise<void> remove(RemoveContext call) override {
    std::string name = call.getParams().getName();
    return workers_.run([volumes = volumes_, name]() { volumes->remove(name); });
  }
  kj::Promise<void> mount(MountContext call) override {
    std::string name = call.getParams().getName();
    auto tree = os::cloneTree(volumes_->pathOf(name), false);
    if (call.getParams().getReadOnly()) os::setMountAttributes(tree, {.set = MOUNT_ATTR_RDONLY});
    call.getResults().setTree(makeFd(kj::mv(tree), volumes_->use(name)));
    call.getResults().setEmpty(volumes_->untouched(name));
    return kj::READY_NOW;
  }
  kj::Promise<void> list(ListContext call) override {
    auto names = volumes_->names();
    auto list = call.getResults().initVolumes(names.size());
    for (size_t i = 0; i < names.size(); i++) list[i].setName(names[i]);
    return kj::READY_NOW;
  }
  kj::Promise<void> path(PathContext call) override {
    call.getResults().setPath(volumes_->pathOf(call.getParams().getName().cStr()));
    return kj::READY_NOW;
  }
  kj::Promise<void> usage(UsageContext call) override {
    auto path = volumes_->pathOf(call.getParams().getName().cStr());
    return workers_.run([path]() { return os::diskUsage(path); })
        .then([call](uint64_t bytes) mutable { call.getResults().setBytes(bytes); });
  }

 private:
  WorkerPool& workers_;
  std::shared_ptr<DirectorySet> volumes_;
};

static auto start(Context& context) {
  std::string path = context.settings<schema::FolderSettings>().getPath();
  return kj::heap<FolderVolumes>(context, path.empty() ? context.statePath() : path);
}
STAVE_PLUGIN(schema::VolumeDriver, "volume", "folder", "1.0", "Volumes in a folder of your choice",
             "", schema::FolderSettings, start);
