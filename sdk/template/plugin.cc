// A complete plug-in: volumes that live in memory and are gone after a reboot.
#include <settings.capnp.h>
#include <stave/os/mount.h>
#include <stave/plugin.h>
#include <stave/schema/volume.capnp.h>

#include <map>

namespace {

using namespace stave;

class ScratchVolumes final : public schema::VolumeDriver::Server {
 public:
  explicit ScratchVolumes(uint64_t size) : size_(std::to_string(size)) {}

  kj::Promise<void> create(CreateContext context) override {
    auto parameters = context.getParams();
    for (auto option : parameters.getOptions()) {
      fail(ErrorCode::INVALID, kj::str(option.getKey(), ": this driver has no options").cStr());
    }
    auto& volume = volumes_[parameters.getName().cStr()];
    if (volume.get() < 0) volume = os::FsContext("tmpfs").set("size", size_).mount();
    return kj::READY_NOW;
  }

  kj::Promise<void> mount(MountContext context) override {
    auto found = volumes_.find(context.getParams().getName().cStr());
    if (found == volumes_.end())
      fail(ErrorCode::NOT_FOUND, "there is no such volume; create it first");
    auto tree = os::cloneTree(found->second.get(), false);
    if (context.getParams().getReadOnly()) os::setMountAttributes(tree, {.set = MOUNT_ATTR_RDONLY});
    context.getResults().setTree(makeFd(kj::mv(tree)));
    context.getResults().setEmpty(
        os::listDirectory("/proc/self/fd/" + std::to_string(found->second.get())).empty());
    return kj::READY_NOW;
  }

  kj::Promise<void> remove(RemoveContext context) override {
    volumes_.erase(context.getParams().getName().cStr());
    return kj::READY_NOW;
  }

  kj::Promise<void> list(ListContext context) override {
    auto list = context.getResults().initVolumes(volumes_.size());
    size_t i = 0;
    for (auto& [name, tree] : volumes_) list[i++].setName(name);
    return kj::READY_NOW;
  }

 private:
  std::string size_;
  std::map<std::string, os::Fd> volumes_;
};

kj::Promise<schema::VolumeDriver::Client> start(Context& context) {
  return schema::VolumeDriver::Client(
      kj::heap<ScratchVolumes>(context.settings<schema::ScratchSettings>().getSize()));
}

}  // namespace

STAVE_PLUGIN(schema::VolumeDriver, "volume", "scratch", "1.0", "Volumes in memory", "",
             schema::ScratchSettings, start);
