#include "runtime.h"

#include <stave/os/task.h>

#include "programs.h"

namespace stave::native {

namespace {

struct Prepared {
  ContainerParts parts;  // the plan refers to its descriptors
  kj::Own<PlanWriter> writer;
  os::Fd plan;
};

/// On a worker: what depends on the specification.
Prepared prepare(Machinery& machinery, ContainerParts parts, const std::string& cgroupPath) {
  Prepared prepared;
  prepared.parts = kj::mv(parts);
  auto cgroup = machinery.cgroups->at(cgroupPath);
  cgroup->apply(prepared.parts.spec.getResources());
  cgroup->restrictDevices(deviceRulesOf(prepared.parts.spec));
  prepared.writer = kj::heap<PlanWriter>();
  planContainer(*prepared.writer, prepared.parts, *cgroup, machinery.seccomp);
  prepared.plan = os::memoryFile("plan", prepared.writer->finish());
  return prepared;
}

std::shared_ptr<Machinery> makeMachinery(Context& context) {
  auto settings = context.settings<schema::NativeRuntimeSettings>();
  return std::shared_ptr<Machinery>(
      new Machinery{openCgroups(settings.getCgroupMount()),
                    SeccompCache(std::string(context.runPath()) + "/seccomp"),
                    findProgram(settings.getMonitor(), "stave-monitor")});
}

}  // namespace

NativeRuntime::NativeRuntime(Context& context)
    : context_(context),
      cgroupBase_(context.settings<schema::NativeRuntimeSettings>().getCgroup()),
      initProgram_(os::sealedProgram(
          findProgram(context.settings<schema::NativeRuntimeSettings>().getInit(), "stave-init"))),
      machinery_(makeMachinery(context)),
      environs_(new Environs{context, machinery_,
                             [this](const std::string& id) { containers_.erase(id); }}),
      reservations_(std::make_shared<Reservations>(
          context, [this](auto id, auto cgroup) { return lay(id, cgroup).promise(); },
          [this](auto id, auto cgroup) { return clearAway(id, cgroup).promise(); })) {
  context.onStop([this]() -> kj::Promise<void> { return stop(); });
}

/// Containers may still be held by somebody.
NativeRuntime::~NativeRuntime() noexcept {
  environs_->onDeleted = [](const std::string&) {};
}

RunDirectory NativeRuntime::directoryOf(const std::string& id) const {
  return RunDirectory(std::string(context_.runPath()) + "/containers/" + id);
}

NativeRuntime::Entry& NativeRuntime::find(const std::string& id) {
  auto found = containers_.find(id);
  if (found == containers_.end()) fail(ErrorCode::NOT_FOUND, "there is no container " + id);
  return found->second;
}

kj::Promise<void> NativeRuntime::create(CreateContext context) {
  return async([this, context]() mutable -> Task<> {
    auto given = context.getParams().getSpec();
    checkSpec(given);
    if (stopping_) fail(ErrorCode::UNAVAILABLE, "the runtime is being stopped");
    std::string id = given.getId();
    if (containers_.count(id) != 0 || !making_.insert(id).second) {
      fail(ErrorCode::ALREADY_EXISTS, "there is a container " + id + " already");
    }
    KJ_DEFER(finished(id));
    auto making = make(given);
    auto container = co_await kj::mv(making);
    context.getResults().setContainer(kj::mv(container));
  });
}

kj::Promise<void> NativeRuntime::reserve(ReserveContext context) {
  auto params = context.getParams();
  std::string id = params.getId();
  checkPlace(id, params.getCgroupParent());
  if (stopping_) fail(ErrorCode::UNAVAILABLE, "the runtime is being stopped");
  if (containers_.count(id) != 0 || making_.count(id) != 0) {
    fail(ErrorCode::ALREADY_EXISTS, "there is a container " + id + " already");
  }
  auto cgroup = cgroupPathOf(cgroupBase_, params.getCgroupParent(), id);
  context.getResults().setReservation(reservations_->reserve(id, cgroup));
  return kj::READY_NOW;
}

void NativeRuntime::finished(const std::string& id) {
  making_.erase(id);
  if (!making_.empty()) return;
  KJ_IF_MAYBE (idle, onIdle_) {
    (*idle)->fulfill();
  }
}

os::Fd NativeRuntime::namespaceOf(schema::NamespaceMode::Reader mode, const std::string& kind) {
  if (!mode.isContainer()) return nullptr;
  return find(mode.getContainer()).container.openNamespaceOf(kind);
}

/// Takes the descriptors out of the specification and leaves a copy without them in the record.
Task<ContainerParts> NativeRuntime::collect(schema::ContainerSpec::Reader given, Message record) {
  ContainerParts parts;
  auto takingRoot = takeFd(given.getRoot(), "the container's root");
  parts.root = co_await kj::mv(takingRoot);
  if (given.hasNetwork()) {
    auto takingNetwork = takeFd(given.getNetwork(), "the network namespace");
    parts.network = co_await kj::mv(takingNetwork);
  }
  for (auto mount : given.getMounts()) {
    parts.trees.emplace_back();
    if (!mount.isTree()) continue;
    auto takingTree = takeFd(mount.getTree(), mount.getTarget());
    parts.trees.back() = co_await kj::mv(takingTree);
  }
  auto copy = record->getRoot<schema::ContainerRecord>().getSpec();
  copy.disownRoot();
  copy.disownNetwork();
  for (auto mount : copy.getMounts()) {
    if (mount.isTree()) mount.disownTree();
  }
  parts.message = record;
  parts.spec = copy.asReader();
  parts.directory = directoryOf(given.getId()).path();
  parts.initProgram = initProgram_;
  parts.pidNamespace = namespaceOf(given.getPid(), "pid");
  parts.ipcNamespace = namespaceOf(given.getIpc(), "ipc");
  parts.utsNamespace = namespaceOf(given.getUts(), "uts");
  co_return kj::mv(parts);
}

Task<StartedMonitor> NativeRuntime::launch(WaitingMonitor monitor, ContainerParts parts,
                                           std::string cgroup) {
  std::string command = commandOf(parts.spec.getArguments());
  std::string id = parts.spec.getId();
  auto work = [machinery = machinery_, parts = kj::mv(parts), cgroup]() mutable {
    return prepare(*machinery, kj::mv(parts), cgroup);
  };
  auto preparing = context_.workers().run(kj::mv(work));
  kj::Maybe<kj::Exception> failure;
  try {
    auto prepared = co_await kj::mv(preparing);
    auto carrying = carryOut(context_.port(), kj::mv(monitor), kj::mv(prepared.plan),
                             *prepared.writer, command);
    auto started = co_await kj::mv(carrying);
    for (auto& warning : started.warnings) {
      context_.log(schema::LogLevel::WARNING, "container " + id + ": " + warning);
    }
    co_return kj::mv(started);
  } catch (kj::Exception& exception) {
    failure = kj::mv(exception);
  }
  if (monitor.watch.get() != nullptr) co_await dismiss(kj::mv(monitor));
  kj::throwFatalException(kj::mv(KJ_ASSERT_NONNULL(failure)));
}

Task<Groundwork> NativeRuntime::lay(std::string id, std::string cgroup) {
  RunDirectory directory = directoryOf(id);
  directory.begin(cgroup);
  kj::Maybe<kj::Exception> failure;
  try {
    auto laying = layGroundwork(context_, machinery_, directory, cgroup);
    auto groundwork = co_await kj::mv(laying);
    co_return kj::mv(groundwork);
  } catch (kj::Exception& exception) {
    failure = kj::mv(exception);
  }
  auto clearing = clearAway(id, cgroup);
  co_await kj::mv(clearing);
  kj::throwFatalException(kj::mv(KJ_ASSERT_NONNULL(failure)));
}

Task<schema::Container::Client> NativeRuntime::make(schema::ContainerSpec::Reader given) {
  auto record = std::make_shared<capnp::MallocMessageBuilder>();
  auto written = record->initRoot<schema::ContainerRecord>();
  written.setSpec(given);
  auto collecting = collect(given, record);
  auto parts = co_await kj::mv(collecting);
  std::string id = given.getId();
  std::string cgroup = cgroupPathOf(cgroupBase_, given.getCgroupParent(), id);
  written.setCgroup(cgroup);
  auto groundwork = co_await reservations_->take(id, cgroup);
  kj::Maybe<kj::Exception> failure;
  try {
    auto launching = launch(kj::mv(groundwork.monitor), kj::mv(parts), cgroup);
    auto started = co_await kj::mv(launching);
    written.setMonitorPid(started.watch->pid());
    written.setMonitorTicks(os::startTicks(started.watch->pid()));
    os::Fd pidfd = os::openPidfd(started.pid);
    groundwork.directory.commit(written);
    co_return add(kj::mv(groundwork.directory), record, kj::mv(started.watch), kj::mv(pidfd));
  } catch (kj::Exception& exception) {
    failure = kj::mv(exception);
  }
  auto clearing = clearAway(id, cgroup);
  co_await kj::mv(clearing);
  kj::throwFatalException(kj::mv(KJ_ASSERT_NONNULL(failure)));
}

schema::Container::Client NativeRuntime::add(RunDirectory directory, Message record,
                                             kj::Own<MonitorWatch> watch, os::Fd pidfd) {
  auto container = kj::heap<NativeContainer>(environs_, kj::mv(directory), kj::mv(record),
                                             kj::mv(watch), kj::mv(pidfd));
  NativeContainer& reference = *container;
  schema::Container::Client client = kj::mv(container);
  containers_.emplace(reference.id(), Entry{reference, client});
  return client;
}

kj::Promise<void> NativeRuntime::get(GetContext context) {
  Entry& entry = find(context.getParams().getId());
  auto results = context.getResults();
  results.setContainer(entry.client);
  entry.container.fillState(results.initState());
  return kj::READY_NOW;
}

kj::Promise<void> NativeRuntime::list(ListContext context) {
  auto list = context.getResults().initContainers(static_cast<unsigned>(containers_.size()));
  unsigned index = 0;
  for (auto& [id, entry] : containers_) entry.container.fillState(list[index++]);
  return kj::READY_NOW;
}

kj::Promise<void> NativeRuntime::features(FeaturesContext context) {
  auto results = context.getResults();
  auto setList = [](auto list, const std::vector<std::string>& values) {
    for (unsigned i = 0; i < values.size(); i++) list.set(i, values[i].c_str());
  };
  bool userNamespaces = os::exists("/proc/self/ns/user");
  auto controllers = machinery_->cgroups->controllers();
  auto missing = machinery_->cgroups->missing();
  if (!userNamespaces) missing.push_back("no user namespaces: security.userNamespace fails");
  for (auto& name : missingCapabilities()) {
    missing.push_back("the platform itself lacks the capability " + name +
                      ": no container can have it");
  }
  results.setCgroupVersion(static_cast<uint8_t>(machinery_->cgroups->version()));
  results.setUserNamespaces(userNamespaces);
  setList(results.initControllers(static_cast<unsigned>(controllers.size())), controllers);
  setList(results.initMissing(static_cast<unsigned>(missing.size())), missing);
  return kj::READY_NOW;
}

}  // namespace stave::native
