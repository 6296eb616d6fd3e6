#include "runtime.h"

#include <stave/os/control_socket.h>
#include <stave/os/task.h>

#include "programs.h"

namespace stave::native {

struct NativeRuntime::Prepared {
  ContainerParts parts;  // the plan refers to its descriptors
  kj::Own<PlanWriter> writer;
  MonitorStart start;
};

NativeRuntime::NativeRuntime(Context& context)
    : context_(context),
      cgroups_(openCgroups(context.settings<schema::NativeRuntimeSettings>().getCgroupMount())),
      cgroupBase_(context.settings<schema::NativeRuntimeSettings>().getCgroup()),
      seccomp_(std::string(context.runPath()) + "/seccomp"),
      initProgram_(os::sealedProgram(
          findProgram(context.settings<schema::NativeRuntimeSettings>().getInit(), "stave-init"))),
      environs_{context, *cgroups_, seccomp_,
                findProgram(context.settings<schema::NativeRuntimeSettings>().getMonitor(),
                            "stave-monitor"),
                [this](const std::string& id) { containers_.erase(id); }} {
  context.onStop([this]() -> kj::Promise<void> {
    tidyUp();
    return kj::READY_NOW;
  });
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
    std::string id = given.getId();
    if (containers_.count(id) != 0 || !making_.insert(id).second) {
      fail(ErrorCode::ALREADY_EXISTS, "there is a container " + id + " already");
    }
    KJ_DEFER(making_.erase(id));
    auto container = co_await make(given);
    context.getResults().setContainer(kj::mv(container));
  });
}

os::Fd NativeRuntime::namespaceOf(schema::NamespaceMode::Reader mode, const std::string& kind) {
  if (!mode.isContainer()) return nullptr;
  return find(mode.getContainer()).container.openNamespaceOf(kind);
}

/// Takes the descriptors out of the specification and leaves a copy without them.
Task<ContainerParts> NativeRuntime::collect(schema::ContainerSpec::Reader given,
                                            schema::ContainerSpec::Builder copy) {
  ContainerParts parts;
  parts.root = co_await takeFd(given.getRoot(), "the container's root");
  if (given.hasNetwork()) {
    parts.network = co_await takeFd(given.getNetwork(), "the network namespace");
  }
  for (auto mount : given.getMounts()) {
    parts.trees.emplace_back();
    if (!mount.isTree()) continue;
    parts.trees.back() = co_await takeFd(mount.getTree(), mount.getTarget());
  }
  copy.disownRoot();
  copy.disownNetwork();
  for (auto mount : copy.getMounts()) {
    if (mount.isTree()) mount.disownTree();
  }
  parts.spec = copy.asReader();
  parts.directory = directoryOf(given.getId()).path();
  parts.initProgram = initProgram_;
  parts.pidNamespace = namespaceOf(given.getPid(), "pid");
  parts.ipcNamespace = namespaceOf(given.getIpc(), "ipc");
  parts.utsNamespace = namespaceOf(given.getUts(), "uts");
  co_return kj::mv(parts);
}

/// On a worker: everything up to the monitor.
NativeRuntime::Prepared NativeRuntime::prepare(ContainerParts parts, std::string cgroupPath) {
  Prepared prepared;
  prepared.parts = kj::mv(parts);
  RunDirectory directory(prepared.parts.directory);
  auto cgroup = cgroups_->at(cgroupPath);
  cgroup->create();
  cgroup->apply(prepared.parts.spec.getResources());
  cgroup->restrictDevices(deviceRulesOf(prepared.parts.spec));
  prepared.writer = kj::heap<PlanWriter>();
  planContainer(*prepared.writer, prepared.parts, *cgroup, seccomp_);
  prepared.start = {environs_.monitorProgram, os::memoryFile("plan", prepared.writer->finish()),
                    directory.makeStatus(), os::listenSequenced(directory.path(), "control")};
  return prepared;
}

Task<StartedMonitor> NativeRuntime::launch(ContainerParts parts, std::string cgroupPath) {
  std::string command = commandOf(parts.spec.getArguments());
  std::string id = parts.spec.getId();
  auto job = context_.workers().run([this, parts = kj::mv(parts), cgroupPath]() mutable {
    return prepare(kj::mv(parts), cgroupPath);
  });
  auto prepared = co_await kj::mv(job);
  auto starting = startMonitor(context_.port(), kj::mv(prepared.start), *prepared.writer, command);
  auto started = co_await kj::mv(starting);
  for (auto& warning : started.warnings) {
    context_.log(schema::LogLevel::WARNING, "container " + id + ": " + warning);
  }
  co_return kj::mv(started);
}

Task<schema::Container::Client> NativeRuntime::make(schema::ContainerSpec::Reader given) {
  auto record = kj::heap<capnp::MallocMessageBuilder>();
  auto written = record->initRoot<schema::ContainerRecord>();
  written.setSpec(given);
  auto parts = co_await collect(given, written.getSpec());
  RunDirectory directory(parts.directory);
  std::string cgroup = cgroupPathOf(cgroupBase_, given);
  written.setCgroup(cgroup);
  directory.begin(cgroup);
  kj::Maybe<kj::Exception> failure;
  try {
    auto started = co_await launch(kj::mv(parts), cgroup);
    written.setMonitorPid(started.watch->pid());
    written.setMonitorTicks(os::startTicks(started.watch->pid()));
    os::Fd pidfd = os::openPidfd(started.pid);
    directory.commit(written);
    co_return add(directory, kj::mv(record), kj::mv(started.watch), kj::mv(pidfd));
  } catch (kj::Exception& exception) {
    failure = kj::mv(exception);
  }
  co_await clearAway(given.getId(), cgroup);
  kj::throwFatalException(kj::mv(KJ_ASSERT_NONNULL(failure)));
}

schema::Container::Client NativeRuntime::add(RunDirectory directory,
                                             kj::Own<capnp::MessageBuilder> record,
                                             kj::Own<MonitorWatch> watch, os::Fd pidfd) {
  auto container = kj::heap<NativeContainer>(environs_, kj::mv(directory), kj::mv(record), kj::mv(watch),
                                             kj::mv(pidfd));
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
  auto controllers = cgroups_->controllers();
  auto missing = cgroups_->missing();
  if (!userNamespaces) missing.push_back("no user namespaces: security.userNamespace fails");
  for (auto& name : missingCapabilities()) {
    missing.push_back("the platform itself lacks the capability " + name + ": no container can have it");
  }
  results.setCgroupVersion(static_cast<uint8_t>(cgroups_->version()));
  results.setUserNamespaces(userNamespaces);
  setList(results.initControllers(static_cast<unsigned>(controllers.size())), controllers);
  setList(results.initMissing(static_cast<unsigned>(missing.size())), missing);
  return kj::READY_NOW;
}

}  // namespace stave::native
