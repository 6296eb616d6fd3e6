#include <fcntl.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/null_services.h>

#include <map>

namespace stave::testing {

namespace {

using Options = std::map<std::string, std::string>;

class NullVolume final : public schema::VolumeDriver::Server {
 public:
  explicit NullVolume(std::string root) : root_(std::move(root)) {}

  kj::Promise<void> create(CreateContext context) override {
    Options options;
    for (auto option : context.getParams().getOptions()) {
      options[option.getKey().cStr()] = option.getValue().cStr();
    }
    std::string name = context.getParams().getName().cStr();
    auto [volume, made] = volumes_.insert({name, options});
    if (!made && volume->second != options) {
      fail(ErrorCode::CONFLICT, "volume " + name + " exists with other options");
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> remove(RemoveContext context) override {
    volumes_.erase(context.getParams().getName().cStr());
    return kj::READY_NOW;
  }

  kj::Promise<void> mount(MountContext context) override {
    require(context.getParams().getName());
    context.getResults().setTree(makeFd(os::open(root_, O_PATH | O_DIRECTORY)));
    context.getResults().setEmpty(true);
    return kj::READY_NOW;
  }

  kj::Promise<void> list(ListContext context) override {
    auto list = context.getResults().initVolumes(volumes_.size());
    unsigned i = 0;
    for (auto& [name, options] : volumes_) list[i++].setName(name);
    return kj::READY_NOW;
  }

  kj::Promise<void> path(PathContext context) override {
    require(context.getParams().getName());
    context.getResults().setPath("");
    return kj::READY_NOW;
  }

  kj::Promise<void> usage(UsageContext context) override {
    require(context.getParams().getName());
    return kj::READY_NOW;
  }

 private:
  void require(capnp::Text::Reader name) {
    if (volumes_.count(name.cStr()) == 0) {
      fail(ErrorCode::NOT_FOUND, std::string("volume ") + name.cStr());
    }
  }

  std::string root_;
  std::map<std::string, Options> volumes_;
};

}  // namespace

schema::VolumeDriver::Client newNullVolume(std::string root) {
  return kj::heap<NullVolume>(std::move(root));
}

}  // namespace stave::testing
