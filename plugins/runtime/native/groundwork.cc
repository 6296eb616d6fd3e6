#include "groundwork.h"

#include <stave/os/control_socket.h>

namespace stave::native {

/// The monitor is started while the cgroup is made.
Task<Groundwork> layGroundwork(Context& context, std::shared_ptr<Machinery> machinery,
                               RunDirectory directory, std::string cgroup) {
  os::Fd status = directory.makeStatus();
  os::Fd control = os::listenSequenced(directory.path(), "control");
  auto create = [machinery, cgroup]() { machinery->cgroups->at(cgroup)->create(); };
  auto making = context.workers().run(kj::mv(create));
  kj::Maybe<WaitingMonitor> started;
  kj::Maybe<kj::Exception> failure;
  try {
    started = startMonitor(context.port(), machinery->monitorProgram, status, control);
  } catch (kj::Exception& exception) {
    failure = kj::mv(exception);
  }
  try {
    co_await kj::mv(making);
  } catch (kj::Exception& exception) {
    failure = kj::mv(exception);
  }
  KJ_IF_MAYBE (monitor, started) {
    if (failure == nullptr) co_return Groundwork{kj::mv(directory), kj::mv(*monitor)};
    co_await dismiss(kj::mv(*monitor));
  }
  kj::throwFatalException(kj::mv(KJ_ASSERT_NONNULL(failure)));
}

}  // namespace stave::native
