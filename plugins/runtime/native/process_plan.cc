#include "process_plan.h"

#include <stave/error.h>
#include <sys/resource.h>

#include <algorithm>
#include <sstream>

namespace stave::native {

namespace {

constexpr const char* defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

constexpr std::pair<std::string_view, int> resources[] = {
    {"as", RLIMIT_AS},           {"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},       {"fsize", RLIMIT_FSIZE},       {"locks", RLIMIT_LOCKS},
    {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
    {"nofile", RLIMIT_NOFILE},   {"nproc", RLIMIT_NPROC},       {"rss", RLIMIT_RSS},
    {"rtprio", RLIMIT_RTPRIO},   {"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
    {"stack", RLIMIT_STACK}};

std::vector<std::string> candidatesOf(const std::string& command, const std::string& path) {
  if (command.empty()) return {};
  if (command.find('/') != std::string::npos) return {command};
  std::vector<std::string> result;
  std::istringstream stream(path);
  for (std::string directory; std::getline(stream, directory, ':');) {
    if (directory.starts_with('/')) result.push_back(directory + "/" + command);
  }
  return result;
}

}  // namespace

void Environment::add(capnp::List<capnp::Text>::Reader variables) {
  for (auto variable : variables) {
    std::string text = variable;
    auto found = find(text.substr(0, text.find('=')));
    if (found == variables_.end()) {
      variables_.push_back(text);
    } else {
      *found = text;
    }
  }
}

void Environment::addIfMissing(const std::string& name, const std::string& value) {
  if (find(name) == variables_.end()) variables_.push_back(name + "=" + value);
}

std::string Environment::get(const std::string& name) const {
  auto found = const_cast<Environment*>(this)->find(name);
  return found == variables_.end() ? "" : found->substr(name.size() + 1);
}

std::vector<std::string>::iterator Environment::find(std::string_view name) {
  return std::find_if(variables_.begin(), variables_.end(), [&](const std::string& variable) {
    return variable.size() > name.size() && variable.starts_with(name) &&
           variable[name.size()] == '=';
  });
}

void planCommand(PlanWriter& writer, capnp::List<capnp::Text>::Reader arguments,
                 Environment environment, const Identity& identity) {
  std::vector<std::string> list;
  for (auto argument : arguments) list.push_back(argument);
  if (list.empty()) fail(ErrorCode::INVALID, "arguments: there is no command to run");
  environment.addIfMissing("PATH", defaultPath);
  environment.addIfMissing("HOME", identity.home);
  auto candidates = candidatesOf(list[0], environment.get("PATH"));
  auto& header = writer.header();
  header.arguments = writer.texts(list);
  header.argumentCount = static_cast<uint32_t>(list.size());
  header.environment = writer.texts(environment.variables());
  header.environmentCount = static_cast<uint32_t>(environment.variables().size());
  header.candidates = writer.texts(candidates);
  header.candidateCount = static_cast<uint32_t>(candidates.size());
}

void planCgroup(PlanWriter& writer, const Cgroup& cgroup) {
  CgroupEntry entry = cgroup.entry();
  auto& header = writer.header();
  auto giveIfOpen = [&](os::Fd fd) { return fd == nullptr ? -1 : writer.give(kj::mv(fd)); };
  header.cgroupDirectory = giveIfOpen(kj::mv(entry.directory));
  header.oomFile = giveIfOpen(kj::mv(entry.oomFile));
  header.killFile = giveIfOpen(kj::mv(entry.killFile));
  for (auto& tasks : entry.tasks) {
    header.cgroupTasks[header.cgroupCount++] = writer.give(kj::mv(tasks));
  }
}

void planCgroupEntry(PlanWriter& writer) {
  if (writer.header().cgroupCount == 0) return;
  writer.step(plan::Operation::enterCgroups, "entering the cgroups");
}

void planLimits(PlanWriter& writer, capnp::List<schema::Rlimit>::Reader limits) {
  for (auto limit : limits) {
    std::string name = limit.getName();
    int resource = resourceNamed(name);
    if (limit.getSoft() > limit.getHard()) {
      fail(ErrorCode::INVALID, "rlimits." + name + ": the soft limit is above the hard one");
    }
    auto& step = writer.step(plan::Operation::limit, "setting the limit " + name + " to " +
                                                         std::to_string(limit.getHard()));
    step.first = static_cast<uint64_t>(resource);
    step.second = limit.getSoft();
    step.third = limit.getHard();
  }
}

void planStreams(PlanWriter& writer, const Identity& identity) {
  auto& step = writer.step(plan::Operation::streams, "connecting the standard streams");
  step.first = static_cast<uint64_t>(identity.uid) << 32 | identity.gid;
}

int resourceNamed(std::string_view name) {
  for (auto& [known, number] : resources) {
    if (known == name) return number;
  }
  fail(ErrorCode::INVALID, "rlimits: there is no limit \"" + std::string(name) +
                               "\"; the names are those of setrlimit(2): nofile, nproc, memlock");
}

}  // namespace stave::native
