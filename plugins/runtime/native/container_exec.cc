#include <fcntl.h>
#include <stave/os/control_socket.h>
#include <stave/os/task.h>

#include "container_plan.h"
#include "process.h"

namespace stave::native {

namespace {

/// What a worker makes an additional process from. It owns, or shares, all of it.
struct ExecJob {
  std::shared_ptr<Machinery> machinery;
  Message record;
  Message spec;
  os::Fd first;      ///< pidfd of the container's first process
  std::string root;  ///< its root directory
};

struct PreparedExec {
  kj::Own<PlanWriter> writer;
  os::Fd plan;
  os::Fd first;  ///< the plan refers to it
};

PreparedExec prepare(ExecJob job) {
  PreparedExec prepared;
  prepared.writer = kj::heap<PlanWriter>();
  prepared.first = kj::mv(job.first);
  auto record = job.record->getRoot<schema::ContainerRecord>().asReader();
  auto spec = job.spec->getRoot<schema::ExecSpec>().asReader();
  os::Fd directory = os::open(job.root, O_PATH | O_DIRECTORY);
  ExecParts parts{record.getSpec(), spec, prepared.first, readUserDatabase(directory)};
  auto cgroup = job.machinery->cgroups->at(record.getCgroup());
  planExec(*prepared.writer, parts, *cgroup, job.machinery->seccomp);
  prepared.plan = os::memoryFile("plan", prepared.writer->finish());
  return prepared;
}

}  // namespace

kj::Promise<void> NativeContainer::exec(ExecContext context) {
  return async([this, context]() mutable -> Task<> {
    requireRunning("starting a process");
    if (cgroup_->freezing()) {
      fail(ErrorCode::CONFLICT,
           "container " + id() + " is paused; resume it before starting a process in it");
    }
    auto copy = std::make_shared<capnp::MallocMessageBuilder>();
    copy->setRoot(context.getParams().getSpec());
    auto spec = copy->getRoot<schema::ExecSpec>().asReader();
    std::string command = commandOf(spec.getArguments());
    std::string root = "/proc/" + std::to_string(status().pid) + "/root";
    ExecJob job{environs_->machinery, record_, copy, os::duplicate(pidfd_), root};
    auto work = [job = kj::mv(job)]() mutable { return prepare(kj::mv(job)); };
    auto preparing = environs_->context.workers().run(kj::mv(work));
    auto prepared = co_await kj::mv(preparing);
    auto& port = environs_->context.port();
    auto control = os::sequencedPair();
    os::Fd status = os::memoryFile("status", std::string(sizeof(plan::Status), 0));
    auto& program = environs_->machinery->monitorProgram;
    auto monitor = startMonitor(port, program, status, control.second);
    control.second = nullptr;
    auto carrying =
        carryOut(port, kj::mv(monitor), kj::mv(prepared.plan), *prepared.writer, command);
    auto started = co_await kj::mv(carrying);
    ExecProcess::Parts parts{kj::mv(started), kj::mv(control.first), kj::mv(status),
                             command,         spec.getTerminal(),    spec.getDetach()};
    context.getResults().setProcess(kj::heap<ExecProcess>(environs_->context, kj::mv(parts)));
  });
}

kj::Promise<void> NativeContainer::attach(AttachContext context) {
  if (deleted_) fail(ErrorCode::NOT_FOUND, "container " + id() + " was deleted");
  auto process = kj::heap<MainProcess>(*this, thisCap(), attachSocket().promise());
  context.getResults().setProcess(kj::mv(process));
  return kj::READY_NOW;
}

}  // namespace stave::native
