#include <fcntl.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_drivers.h"
#include "text.h"

namespace stave::node {

namespace {

using World = std::shared_ptr<FakeWorld>;
using Phase = schema::ContainerState::Phase;

/// A process that ends at once and prints nothing, or that stands for the container's own.
class FakeProcess final : public schema::Process::Server {
 public:
  FakeProcess(World world, std::shared_ptr<FakeWorld::Run> run) : world_(world), run_(run) {}

  kj::Promise<void> streams(StreamsContext context) override {
    int ends[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    context.getResults().setSocket(makeFd(kj::AutoCloseFd(ends[0])));
    kj::AutoCloseFd other(ends[1]);
    const unsigned char frame[] = {1, 0, 0, 0, 0, 0, 0, 2, 'h', 'i'};
    os::writeAll(other.get(), frame, sizeof(frame));
    return kj::READY_NOW;
  }
  kj::Promise<void> wait(WaitContext context) override {
    context.getResults().initExit().setCode(world_->checkExitCode);
    return kj::READY_NOW;
  }
  kj::Promise<void> signal(SignalContext context) override { return kj::READY_NOW; }

 private:
  World world_;
  std::shared_ptr<FakeWorld::Run> run_;
};

class FakeContainer final : public schema::Container::Server {
 public:
  FakeContainer(World world, std::shared_ptr<FakeWorld::Run> run) : world_(world), run_(run) {}

  kj::Promise<void> start(StartContext context) override {
    if (run_->phase != Phase::CREATED) fail(ErrorCode::CONFLICT, "not created");
    for (auto file : context.getParams().getFiles())
      run_->take(file.getTarget(), file.getContent());
    run_->phase = Phase::RUNNING;
    ++world_->starts;
    context.getResults().setPid(4242);
    return kj::READY_NOW;
  }
  kj::Promise<void> wait(WaitContext context) override {
    context.allowCancellation();
    auto fill = [this, context](int code) mutable {
      auto exit = context.getResults().initExit();
      exit.setCode(code);
      exit.setFinishedAt(run_->finishedAt);
    };
    if (run_->phase == Phase::STOPPED) {
      fill(run_->exitCode);
      return kj::READY_NOW;
    }
    auto pair = kj::newPromiseAndFulfiller<int>();
    run_->waiters.push_back(kj::mv(pair.fulfiller));
    return pair.promise.then(kj::mv(fill));
  }
  kj::Promise<void> signal(SignalContext context) override {
    if (run_->phase != Phase::RUNNING) fail(ErrorCode::CONFLICT, "not running");
    int number = context.getParams().getNumber();
    run_->signals.push_back(number);
    if (number == SIGKILL || run_->heedsSignals) world_->exit(run_->id, 128 + number);
    return kj::READY_NOW;
  }
  kj::Promise<void> pause(PauseContext) override {
    run_->phase = Phase::PAUSED;
    return kj::READY_NOW;
  }
  kj::Promise<void> resume(ResumeContext) override {
    run_->phase = Phase::RUNNING;
    return kj::READY_NOW;
  }
  kj::Promise<void> delete_(DeleteContext) override {
    if (run_->phase != Phase::STOPPED) world_->exit(run_->id, 137);
    auto found = world_->containers.find(run_->id);
    if (found != world_->containers.end() && found->second == run_) world_->containers.erase(found);
    return kj::READY_NOW;
  }
  kj::Promise<void> exec(ExecContext context) override { return process(context); }
  kj::Promise<void> attach(AttachContext context) override { return process(context); }
  kj::Promise<void> namespaces(NamespacesContext context) override {
    context.getResults().setNetwork(makeFd(os::open("/dev/null", O_RDONLY)));
    context.getResults().setRoot(world_->openRoot());
    return kj::READY_NOW;
  }

 private:
  template <typename Call>
  kj::Promise<void> process(Call context) {
    context.getResults().setProcess(kj::heap<FakeProcess>(world_, run_));
    return kj::READY_NOW;
  }

  World world_;
  std::shared_ptr<FakeWorld::Run> run_;
};

void fillState(schema::ContainerState::Builder target, const FakeWorld::Run& run) {
  target.setId(run.id.c_str());
  target.setPhase(run.phase);
  if (run.phase == Phase::RUNNING) target.setPid(4242);
  target.initExit().setCode(run.exitCode);
  target.getExit().setFinishedAt(run.finishedAt);
}

class FakeReservation final : public schema::Reservation::Server {
 public:
  FakeReservation(World world, std::string place) : world_(world), place_(std::move(place)) {
    world_->reserved.insert(place_);
  }
  ~FakeReservation() noexcept { world_->reserved.erase(place_); }

 private:
  World world_;
  std::string place_;
};

class FakeRuntime final : public schema::Runtime::Server {
 public:
  explicit FakeRuntime(World world) : world_(world) {}

  kj::Promise<void> reserve(ReserveContext context) override {
    auto params = context.getParams();
    auto place = text(params.getCgroupParent()) + "/" + text(params.getId());
    context.getResults().setReservation(kj::heap<FakeReservation>(world_, place));
    return kj::READY_NOW;
  }

  kj::Promise<void> create(CreateContext context) override {
    auto spec = context.getParams().getSpec();
    if (!spec.hasRoot()) return make(context);
    auto taking = takeFd(spec.getRoot(), "the container's root").promise();
    return taking.then([this, context](kj::AutoCloseFd) { return make(context); });
  }
  kj::Promise<void> make(CreateContext context) {
    auto spec = context.getParams().getSpec();
    auto run = std::make_shared<FakeWorld::Run>();
    run->id = text(spec.getId());
    if (world_->containers.count(run->id) > 0) fail(ErrorCode::ALREADY_EXISTS, run->id);
    run->arguments = texts(spec.getArguments());
    run->environment = texts(spec.getEnvironment());
    run->hostname = text(spec.getHostname());
    run->hasNetwork = spec.hasNetwork();
    run->heedsSignals = world_->signalsHeeded;
    for (auto mount : spec.getMounts()) {
      run->mountTargets.push_back(text(mount.getTarget()));
      if (mount.isFileContent()) run->take(mount.getTarget(), mount.getFileContent());
    }
    world_->containers[run->id] = run;
    context.getResults().setContainer(kj::heap<FakeContainer>(world_, run));
    return kj::READY_NOW;
  }
  kj::Promise<void> get(GetContext context) override {
    auto found = world_->containers.find(text(context.getParams().getId()));
    if (found == world_->containers.end()) fail(ErrorCode::NOT_FOUND, "no such container");
    context.getResults().setContainer(kj::heap<FakeContainer>(world_, found->second));
    fillState(context.getResults().initState(), *found->second);
    return kj::READY_NOW;
  }
  kj::Promise<void> list(ListContext context) override {
    auto list = context.getResults().initContainers(world_->containers.size());
    size_t i = 0;
    for (auto& [id, run] : world_->containers) fillState(list[i++], *run);
    return kj::READY_NOW;
  }

 private:
  World world_;
};

}  // namespace

void FakeWorld::exit(const std::string& id, int32_t code) {
  auto run = containers.at(id);
  run->phase = Phase::STOPPED;
  run->exitCode = code;
  auto waiters = kj::mv(run->waiters);
  run->waiters.clear();
  for (auto& each : waiters) each->fulfill(int(code));
}

schema::Fd::Client FakeWorld::openRoot() const {
  return makeFd(os::open(root, O_RDONLY));
}

schema::Runtime::Client newFakeRuntime(const std::shared_ptr<FakeWorld>& world) {
  return kj::heap<FakeRuntime>(world);
}

}  // namespace stave::node
