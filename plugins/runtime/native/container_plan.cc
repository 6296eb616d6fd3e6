#include "container_plan.h"

#include <fcntl.h>
#include <sched.h>
#include <stave/os/file.h>

#include <algorithm>

#include "privileges.h"
#include "process_plan.h"
#include "sysctl_plan.h"

namespace stave::native {

namespace {

using plan::Operation;

constexpr uint64_t defaultLogBytes = 10 << 20;
constexpr uint32_t defaultLogFiles = 3;

bool isOpen(const os::Fd& fd) {
  return fd.get() >= 0;
}

/// The root user of the container's own user namespace, for what is done before becoming another.
void planNamespaceRoot(PlanWriter& writer) {
  writer.step(Operation::identity, "becoming root of the user namespace");
}

std::string mapOf(capnp::List<schema::IdMapping>::Reader mappings, const char* field) {
  std::string lines;
  for (auto mapping : mappings) {
    lines += std::to_string(mapping.getInside()) + " " + std::to_string(mapping.getOutside()) +
             " " + std::to_string(mapping.getCount()) + "\n";
  }
  if (lines.empty()) {
    fail(ErrorCode::INVALID, std::string(field) + ": a user namespace needs at least one mapping");
  }
  return lines;
}

/// Where root of the container is on the host.
uint32_t outsideOfRoot(capnp::List<schema::IdMapping>::Reader mappings) {
  for (auto mapping : mappings) {
    if (mapping.getInside() == 0) return mapping.getOutside();
  }
  return 0;
}

void planNamespaces(PlanWriter& writer, const ContainerParts& parts) {
  auto spec = parts.spec;
  auto& header = writer.header();
  header.cloneFlags = CLONE_NEWNS;
  if (spec.getPid().isOwn()) header.cloneFlags |= CLONE_NEWPID;
  if (spec.getIpc().isOwn()) header.cloneFlags |= CLONE_NEWIPC;
  if (spec.getUts().isOwn()) header.cloneFlags |= CLONE_NEWUTS;
  if (!spec.getPid().isOwn()) header.flags |= plan::killRest;
  if (isOpen(parts.pidNamespace)) header.pidNamespace = writer.give(parts.pidNamespace.get());
  if (isOpen(parts.network)) header.network = writer.give(parts.network.get());
  if (spec.getSecurity().getUserNamespace()) {
    header.cloneFlags |= CLONE_NEWUSER;
    header.uidMap = writer.text(mapOf(spec.getUidMappings(), "uidMappings"));
    header.gidMap = writer.text(mapOf(spec.getGidMappings(), "gidMappings"));
  }
  auto join = [&](const os::Fd& fd, uint64_t flag, const char* kind) {
    if (!isOpen(fd)) return;
    auto& step = writer.step(Operation::joinNamespaces,
                             std::string("joining the other container's ") + kind);
    step.slot = writer.give(fd.get());
    step.first = flag;
  };
  join(parts.ipcNamespace, CLONE_NEWIPC, "IPC namespace");
  join(parts.utsNamespace, CLONE_NEWUTS, "UTS namespace");
}

void planNames(PlanWriter& writer, schema::ContainerSpec::Reader spec) {
  if (spec.getHostname().size() > 0) {
    writer.step(Operation::hostname, "setting the host name").text =
        writer.text(spec.getHostname().cStr());
  }
  if (spec.getDomainname().size() > 0) {
    auto& step = writer.step(Operation::domainname, "setting the domain name");
    step.text = writer.text(spec.getDomainname().cStr());
  }
}

void planLog(PlanWriter& writer, schema::LogOptions::Reader log) {
  std::string path = log.getPath();
  if (path.empty()) return;
  size_t slash = path.rfind('/');
  if (path[0] != '/' || slash + 1 == path.size()) {
    fail(ErrorCode::INVALID, "log.path: \"" + path + "\" is not the absolute path of a file");
  }
  std::string directory = path.substr(0, slash);
  os::makeDirectories(directory.empty() ? "/" : directory);
  auto& header = writer.header();
  header.logDirectory =
      writer.give(os::open(directory.empty() ? "/" : directory, O_RDONLY | O_DIRECTORY));
  header.logName = writer.text(path.substr(slash + 1));
  header.logBytes = log.getMaxBytes() == 0 ? defaultLogBytes : log.getMaxBytes();
  header.logFiles = log.getMaxFiles() == 0 ? defaultLogFiles : log.getMaxFiles();
}

void planTerminal(PlanWriter& writer, schema::ContainerSpec::Reader spec) {
  auto& header = writer.header();
  if (spec.getTerminal()) header.flags |= plan::terminal;
  if (spec.getOpenStdin()) header.flags |= plan::openStdin;
  if (spec.getOpenStdin() && spec.getStdinOnce()) header.flags |= plan::stdinOnce;
  header.width = spec.getConsoleWidth();
  header.height = spec.getConsoleHeight();
}

void planOomScore(PlanWriter& writer, int32_t score) {
  if (score == 0) return;
  auto& step = writer.step(Operation::writeFile, "setting oomScoreAdj to " + std::to_string(score));
  step.text = writer.text("/proc/self/oom_score_adj");
  step.other = writer.text(std::to_string(score));
}

void planWorkingDirectory(PlanWriter& writer, const std::string& directory) {
  std::string path = directory.empty() ? "/" : directory;
  if (path[0] != '/') {
    fail(ErrorCode::INVALID, "workingDirectory: \"" + path + "\" is not an absolute path");
  }
  auto& step =
      writer.step(Operation::workingDirectory, "changing to the working directory " + path);
  step.text = writer.text(path);
}

void planCgroupNamespace(PlanWriter& writer, schema::ContainerSpec::Reader spec) {
  if (spec.getSecurity().getCgroupNamespaceHost()) return;
  writer.step(Operation::unshare, "making a cgroup namespace").first = CLONE_NEWCGROUP;
}

void planFileSystems(PlanWriter& writer, const ContainerParts& parts, const Cgroup& cgroup) {
  MountParts mounts;
  mounts.spec = parts.spec;
  mounts.root = parts.root;
  for (auto& tree : parts.trees) mounts.trees.push_back(tree.get());
  mounts.directory = parts.directory;
  mounts.cgroup = &cgroup;
  mounts.rootUid = outsideOfRoot(parts.spec.getUidMappings());
  mounts.rootGid = outsideOfRoot(parts.spec.getGidMappings());
  planMounts(writer, mounts);
}

Identity identityOf(const ContainerParts& parts) {
  auto users = readUserDatabase(parts.root);
  return lookUpUser(users, parts.spec.getUser().cStr(), parts.spec.getAdditionalGroups());
}

void checkPattern(std::string_view id) {
  auto valid = [](unsigned char c, bool first) {
    bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    return alphanumeric || (!first && (c == '_' || c == '.' || c == '-'));
  };
  bool matches = !id.empty() && id.size() <= 128;
  for (size_t at = 0; matches && at < id.size(); at++) matches = valid(id[at], at == 0);
  if (matches) return;
  fail(ErrorCode::INVALID,
       "id: \"" + std::string(id) +
           "\" must be 1 to 128 of a-z, 0-9, _, . and -, a letter or digit first");
}

}  // namespace

void checkPlace(const std::string& id, const std::string& cgroupParent) {
  checkPattern(id);
  if (cgroupParent.find("..") != std::string::npos) {
    fail(ErrorCode::INVALID, "cgroupParent: \"" + cgroupParent + "\" must not contain \"..\"");
  }
}

void checkSpec(schema::ContainerSpec::Reader spec) {
  checkPlace(spec.getId(), spec.getCgroupParent());
  if (spec.getArguments().size() == 0)
    fail(ErrorCode::INVALID, "arguments: there is no command to run");
  checkResources(spec.getResources());
  if (spec.getHostname().size() > 64) fail(ErrorCode::INVALID, "hostname: longer than 64 bytes");
}

void planContainer(PlanWriter& writer, const ContainerParts& parts, const Cgroup& cgroup,
                   SeccompCache& seccomp) {
  auto spec = parts.spec;
  bool userNamespace = spec.getSecurity().getUserNamespace();
  Identity identity = identityOf(parts);
  Privileges privileges = privilegesOf(spec.getSecurity(), identity, seccomp);
  planNamespaces(writer, parts);
  planCgroup(writer, cgroup);
  planTerminal(writer, spec);
  planLog(writer, spec.getLog());
  if (userNamespace) {
    writer.step(Operation::awaitMaps, "waiting for the user namespace's maps");
    planNamespaceRoot(writer);
  }
  planNames(writer, spec);
  planFileSystems(writer, parts, cgroup);
  planSysctls(writer, spec, isOpen(parts.network));
  planOomScore(writer, spec.getOomScoreAdj());
  planWorkingDirectory(writer, spec.getWorkingDirectory());
  planLimits(writer, spec.getRlimits());
  planStreams(writer, identity);
  planProtection(writer, spec);
  planCgroupEntry(writer);
  planCgroupNamespace(writer, spec);
  Environment environment;
  environment.add(spec.getEnvironment());
  planCommand(writer, spec.getArguments(), kj::mv(environment), identity);
  if (spec.getInit()) writer.header().initProgram = writer.give(parts.initProgram);
  planPrivileges(writer, privileges, identity);
}

void planExec(PlanWriter& writer, const ExecParts& parts, const Cgroup& cgroup,
              SeccompCache& seccomp) {
  auto spec = parts.spec;
  auto container = parts.container;
  bool userNamespace = container.getSecurity().getUserNamespace();
  std::string user = spec.getUser().size() > 0 ? spec.getUser() : container.getUser();
  Identity identity = lookUpUser(parts.users, user, container.getAdditionalGroups());
  Privileges privileges = privilegesOf(container.getSecurity(), identity, seccomp);
  if (spec.getPrivileged()) {
    privileges = {allCapabilities(), identity.uid == 0 ? allCapabilities() : 0, false, nullptr};
  }
  auto& header = writer.header();
  header.flags = plan::isExec | (spec.getTerminal() ? plan::terminal : 0u) |
                 (spec.getOpenStdin() ? plan::openStdin : 0u) |
                 (spec.getDetach() ? plan::discardOutput | plan::startAtOnce : 0u);
  header.width = spec.getConsoleWidth();
  header.height = spec.getConsoleHeight();
  int process = writer.give(parts.pidfd);
  header.pidNamespace = process;
  planCgroup(writer, cgroup);
  header.killFile = header.oomFile = -1;
  auto& join = writer.step(Operation::joinNamespaces, "entering the container");
  join.slot = process;
  join.first = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP |
               (userNamespace ? CLONE_NEWUSER : 0);
  planCgroupEntry(writer);
  if (userNamespace) planNamespaceRoot(writer);
  planOomScore(writer, container.getOomScoreAdj());
  std::string directory = spec.getWorkingDirectory().size() > 0 ? spec.getWorkingDirectory()
                                                                : container.getWorkingDirectory();
  planWorkingDirectory(writer, directory);
  planLimits(writer, container.getRlimits());
  planStreams(writer, identity);
  Environment environment;
  environment.add(container.getEnvironment());
  environment.add(spec.getEnvironment());
  planCommand(writer, spec.getArguments(), kj::mv(environment), identity);
  planPrivileges(writer, privileges, identity);
}

std::string commandOf(capnp::List<capnp::Text>::Reader arguments) {
  return arguments.size() == 0 ? "" : std::string(arguments[0]);
}

}  // namespace stave::native
