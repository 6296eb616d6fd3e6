// A volume driver that misbehaves as its settings say. Only for tests.
#include <fcntl.h>
#include <settings.capnp.h>
#include <signal.h>
#include <stave/os/file.h>
#include <stave/plugin.h>
#include <stave/schema/volume.capnp.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace {

using namespace stave;
using Behaviour = schema::HostileSettings::Behaviour;

constexpr int daemonSocket = 3;

class HostileVolumes final : public schema::VolumeDriver::Server {
 public:
  HostileVolumes(Context& context, Behaviour behaviour)
      : context_(context),
        behaviour_(behaviour),
        delay_(context.settings<schema::HostileSettings>().getDelay() * kj::MILLISECONDS) {}

  kj::Promise<void> path(PathContext context) override {
    context.allowCancellation();
    context.getResults().setPath("served by " + std::to_string(getpid()));
    return act();
  }
  kj::Promise<void> create(CreateContext) override { return act(); }
  kj::Promise<void> remove(RemoveContext) override { return act(); }
  kj::Promise<void> list(ListContext) override { return act(); }

 private:
  static kj::Promise<void> send(std::vector<uint32_t> words) {
    os::writeAll(daemonSocket, words.data(), words.size() * sizeof(uint32_t));
    return kj::NEVER_DONE;
  }

  kj::Promise<void> act() {
    switch (behaviour_) {
      case Behaviour::GARBAGE:
        return send(std::vector<uint32_t>(1024, 0xffffffff));
      case Behaviour::NONSENSE:
        return send({0, 6, 0, 0x10001, 3, 0, 0, 0x10002, 12345, 0, 0, 0, 0, 0});
      case Behaviour::HALF:
        return send({0, 1 << 20, 0, 0});
      case Behaviour::BLOCK_LOOP:
        while (true) pause();
      case Behaviour::CRASH:
        signal(SIGSEGV, SIG_DFL);  // a sanitizer would make an exit of it
        raise(SIGSEGV);
        return kj::NEVER_DONE;
      case Behaviour::SLOW:
        return context_.timer().afterDelay(delay_);
      default:
        return kj::READY_NOW;
    }
  }

  Context& context_;
  Behaviour behaviour_;
  kj::Duration delay_;
};

/// How often the plug-in was started, this time included.
size_t countStart(const std::string& marker) {
  if (marker.empty()) return 0;
  auto file = os::open(marker, O_WRONLY | O_CREAT | O_APPEND);
  os::writeAll(file, "started\n", 8);
  auto text = os::readFile(marker);
  return std::count(text.begin(), text.end(), '\n');
}

Task<schema::VolumeDriver::Client> start(Context& context) {
  auto settings = context.settings<schema::HostileSettings>();
  auto behaviour = settings.getBehaviour();
  auto starts = countStart(settings.getMarker().cStr());
  if (behaviour == Behaviour::EXIT_AT_START) _exit(settings.getExitCode());
  if (behaviour == Behaviour::HANG_AT_START) co_await kj::Promise<void>(kj::NEVER_DONE);
  if (behaviour == Behaviour::FAIL_AT_START)
    fail(ErrorCode::UNSUPPORTED, "this machine has no such device");
  if (behaviour == Behaviour::CRASH_ONCE) {
    behaviour = starts == 1 ? Behaviour::CRASH : Behaviour::SERVE;
  }
  co_return kj::heap<HostileVolumes>(context, behaviour);
}

}  // namespace

STAVE_PLUGIN(schema::VolumeDriver, "volume", "hostile", "1.0", "Misbehaves as it is told", "",
             schema::HostileSettings, start);
