#include <fcntl.h>
#include <stave/os/control_socket.h>
#include <stave/os/task.h>

#include "container_plan.h"
#include "process.h"

namespace stave::native {

namespace {

/// The detached copy of a message without capabilities, for another thread.
template <typename T>
kj::Own<capnp::MallocMessageBuilder> copyOf(T reader) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  message->setRoot(reader);
  return message;
}

struct PreparedExec {
  kj::Own<PlanWriter> writer;
  MonitorStart start;
  os::Fd control;
  os::Fd status;
};

}  // namespace

kj::Promise<void> NativeContainer::exec(ExecContext context) {
  return async([this, context]() mutable -> Task<> {
    requireRunning("starting a process");
    if (cgroup_->freezing()) {
      fail(ErrorCode::CONFLICT, "container " + id() + " is paused; resume it before starting a process in it");
    }
    auto copy = copyOf(context.getParams().getSpec());
    auto spec = copy->getRoot<schema::ExecSpec>().asReader();
    std::string root = "/proc/" + std::to_string(status().pid) + "/root";
    auto job = environs_.context.workers().run([this, spec, root, first = pidfd_.get()]() {
      PreparedExec prepared;
      prepared.writer = kj::heap<PlanWriter>();
      os::Fd directory = os::open(root, O_PATH | O_DIRECTORY);
      ExecParts parts{this->spec(), spec, first, readUserDatabase(directory)};
      planExec(*prepared.writer, parts, *cgroup_, environs_.seccomp);
      auto pair = os::sequencedPair();
      prepared.control = kj::mv(pair.first);
      prepared.status = os::memoryFile("status", std::string(sizeof(plan::Status), 0));
      prepared.start = {environs_.monitorProgram,
                        os::memoryFile("plan", prepared.writer->finish()),
                        os::duplicate(prepared.status), kj::mv(pair.second)};
      return prepared;
    });
    auto prepared = co_await kj::mv(job);
    std::string command = commandOf(spec.getArguments());
    auto starting = startMonitor(environs_.context.port(), kj::mv(prepared.start), *prepared.writer, command);
    auto started = co_await kj::mv(starting);
    ExecProcess::Parts parts{kj::mv(started), kj::mv(prepared.control), kj::mv(prepared.status),
                             command, spec.getTerminal(), spec.getDetach()};
    context.getResults().setProcess(kj::heap<ExecProcess>(environs_, kj::mv(parts)));
  });
}

kj::Promise<void> NativeContainer::attach(AttachContext context) {
  if (deleted_) fail(ErrorCode::NOT_FOUND, "container " + id() + " was deleted");
  context.getResults().setProcess(kj::heap<MainProcess>(*this, thisCap()));
  return kj::READY_NOW;
}

}  // namespace stave::native
