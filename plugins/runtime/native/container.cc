#include "container.h"

#include <fcntl.h>
#include <signal.h>
#include <stave/os/control_socket.h>
#include <stave/os/file.h>
#include <stave/os/task.h>

#include <cerrno>
#include <cstring>

#include "mount_plan.h"

namespace stave::native {

namespace {

constexpr int killedCode = 128 + SIGKILL;
constexpr size_t attachmentBuffer = 1 << 20;

schema::ContainerState::Phase phaseOf(plan::Phase phase, bool paused) {
  switch (phase) {
    case plan::Phase::creating:
    case plan::Phase::created:
      return schema::ContainerState::Phase::CREATED;
    case plan::Phase::running:
      return paused ? schema::ContainerState::Phase::PAUSED
                    : schema::ContainerState::Phase::RUNNING;
    case plan::Phase::stopped:
      break;
  }
  return schema::ContainerState::Phase::STOPPED;
}

std::string executionError(const std::string& command, int error) {
  return "exec " + command + ": " + (error == ENOEXEC ? "exec format error" : strerror(error));
}

}  // namespace

NativeContainer::NativeContainer(std::shared_ptr<Environs> environs, RunDirectory directory,
                                 Message record, kj::Own<MonitorWatch> watch, os::Fd pidfd)
    : environs_(kj::mv(environs)),
      directory_(kj::mv(directory)),
      record_(kj::mv(record)),
      cgroup_(environs_->machinery->cgroups->at(this->record().getCgroup())),
      status_(directory_.openStatus()),
      pidfd_(kj::mv(pidfd)),
      stopped_(watchMonitor(kj::mv(watch)).fork()) {}

kj::Promise<void> NativeContainer::watchMonitor(kj::Own<MonitorWatch> watch) {
  if (watch.get() == nullptr) {
    onMonitorGone();
    return kj::READY_NOW;
  }
  watch_ = *watch;
  auto gone = watch->gone();
  return gone.then([this]() { onMonitorGone(); }).attach(kj::mv(watch)).eagerlyEvaluate(nullptr);
}

/// A monitor that was killed took its container along, and could not write down how it ended.
void NativeContainer::onMonitorGone() {
  watch_ = nullptr;
  pidfd_ = nullptr;
  leaveCgroup();
  plan::Status found = status();
  if (found.phase == plan::Phase::stopped) return;
  signalAll(SIGKILL);
  found.phase = plan::Phase::stopped;
  found.code = killedCode;
  found.finishedAt = (kj::systemPreciseCalendarClock().now() - kj::UNIX_EPOCH) / kj::NANOSECONDS;
  writeStatus(status_, found);
}

/// The kernel takes long to end a cgroup. A deletion, which comes next, finds it done; if something
/// is still in it, the deletion says so. It waits for this, for afterwards the id may be another's.
void NativeContainer::leaveCgroup() {
  auto job = [machinery = environs_->machinery, path = std::string(record().getCgroup())]() {
    machinery->cgroups->at(path)->remove();
  };
  left_ = environs_->context.workers().run(kj::mv(job)).catch_([](kj::Exception&&) {}).fork();
}

bool NativeContainer::alive() const {
  return status().phase == plan::Phase::running;
}

void NativeContainer::requireRunning(const char* what) {
  if (deleted_) fail(ErrorCode::NOT_FOUND, "container " + id() + " was deleted");
  if (!alive())
    fail(ErrorCode::CONFLICT, std::string(what) + ": container " + id() + " is not running");
}

void NativeContainer::fillExit(schema::ExitStatus::Builder exit) {
  plan::Status found = status();
  exit.setCode(found.code);
  exit.setOomKilled(found.oomKilled != 0);
  exit.setStartedAt(found.startedAt);
  exit.setFinishedAt(found.finishedAt);
  if (found.execError != 0) {
    std::string command = spec().getArguments()[0];
    exit.setMessage(executionError(command, found.execError));
  }
}

void NativeContainer::fillState(schema::ContainerState::Builder state) {
  plan::Status found = status();
  bool running = found.phase == plan::Phase::running;
  state.setId(id());
  state.setPhase(phaseOf(found.phase, running && cgroup_->freezing()));
  state.setPid(running ? found.pid : 0);
  state.setStartedAt(found.startedAt);
  state.setMonitorPid(watch_ == nullptr ? 0 : record().getMonitorPid());
  if (found.phase == plan::Phase::stopped) fillExit(state.initExit());
}

Task<plan::ControlReply> NativeContainer::ask(plan::Request request, uint16_t width,
                                              uint16_t height, os::Fd fd) {
  auto connection = control_.lock();
  if (connection == nullptr) {
    os::Fd socket = os::connectSequenced(directory_.path(), "control");
    connection = std::make_shared<MonitorConnection>(environs_->context.port(), kj::mv(socket));
    control_ = connection;
  }
  auto answer = connection->call({request, 0, width, height}, kj::mv(fd));
  auto reply = co_await kj::mv(answer);
  co_return reply;
}

void NativeContainer::replaceFiles(capnp::List<schema::FileContent>::Reader files) {
  auto mounts = spec().getMounts();
  auto replace = [&](schema::FileContent::Reader file) {
    for (unsigned i = 0; i < mounts.size(); i++) {
      if (mounts[i].getTarget() != file.getTarget() || !mounts[i].isFileContent()) continue;
      auto content = file.getContent();
      os::Fd target = os::open(contentPath(directory_.path(), i), O_WRONLY | O_TRUNC);
      return os::writeAll(target, content.begin(), content.size());
    }
    fail(ErrorCode::INVALID,
         "files: container " + id() + " has no file with a content at " + file.getTarget().cStr());
  };
  for (auto file : files) replace(file);
}

kj::Promise<void> NativeContainer::start(StartContext context) {
  return async([this, context]() mutable -> Task<> {
    if (status().phase != plan::Phase::created || deleted_) {
      fail(ErrorCode::CONFLICT,
           "container " + id() + " cannot be started: it is not in the state created");
    }
    replaceFiles(context.getParams().getFiles());
    os::Fd pidfd = os::duplicate(pidfd_);
    auto reply = co_await ask(plan::Request::start, 0, 0, nullptr);
    if (reply.error == EBUSY)
      fail(ErrorCode::CONFLICT, "container " + id() + " was started already");
    if (reply.error != 0) {
      std::string command = spec().getArguments()[0];
      fail(ErrorCode::INVALID, executionError(command, reply.error));
    }
    auto results = context.getResults();
    results.setPid(reply.pid);
    results.setPidfd(makeFd(kj::mv(pidfd)));
  });
}

kj::Promise<void> NativeContainer::state(StateContext context) {
  if (deleted_) fail(ErrorCode::NOT_FOUND, "container " + id() + " was deleted");
  fillState(context.getResults().initState());
  return kj::READY_NOW;
}

kj::Promise<void> NativeContainer::wait(WaitContext context) {
  context.allowCancellation();
  return stopped().then([this, context]() mutable { fillExit(context.getResults().initExit()); });
}

void NativeContainer::signalAll(int number) {
  for (pid_t pid : cgroup_->processes()) os::signalProcess(pid, number);
}

void NativeContainer::signalFirst(int number) {
  if (pidfd_ != nullptr) os::signalPidfd(pidfd_, number);
}

kj::Promise<void> NativeContainer::signal(SignalContext context) {
  requireRunning("sending a signal");
  auto params = context.getParams();
  params.getAll() ? signalAll(params.getNumber()) : signalFirst(params.getNumber());
  return kj::READY_NOW;
}

Task<> NativeContainer::resizeTerminal(uint16_t width, uint16_t height) {
  if (!spec().getTerminal()) {
    fail(ErrorCode::UNSUPPORTED, "container " + id() + " has no terminal to resize");
  }
  auto reply = co_await ask(plan::Request::resize, width, height, nullptr);
  if (reply.error != 0) failErrno("resizing the terminal of container " + id(), reply.error);
}

kj::Promise<void> NativeContainer::resize(ResizeContext context) {
  auto params = context.getParams();
  return resizeTerminal(params.getWidth(), params.getHeight());
}

kj::Promise<void> NativeContainer::reopenLog(ReopenLogContext context) {
  return async([this]() -> Task<> {
    if (watch_ == nullptr) co_return;
    co_await ask(plan::Request::reopenLog, 0, 0, nullptr);
  });
}

Task<os::Fd> NativeContainer::attachSocket() {
  if (watch_ == nullptr || deleted_) {
    fail(ErrorCode::CONFLICT, "attaching: container " + id() + " has stopped");
  }
  auto pair = os::streamPair(attachmentBuffer);
  auto reply = co_await ask(plan::Request::attach, 0, 0, kj::mv(pair.first));
  if (reply.error == EMFILE) {
    fail(ErrorCode::EXHAUSTED, "container " + id() + " has as many attachments as it may have");
  }
  if (reply.error != 0) failErrno("attaching to container " + id(), reply.error);
  co_return kj::mv(pair.second);
}

os::Fd NativeContainer::openNamespaceOf(const std::string& kind) {
  requireRunning("entering a namespace");
  return os::openNamespace(status().pid, kind);
}

std::string cgroupPathOf(const std::string& base, std::string parent, const std::string& id) {
  while (parent.starts_with('/')) parent.erase(0, 1);
  while (parent.ends_with('/')) parent.pop_back();
  std::string path = base + "/" + (parent.empty() ? "" : parent + "/");
  return path + id;
}

}  // namespace stave::native
