#include "plan_writer.h"

#include <string.h>

namespace stave::native {

namespace {

/// Texts are addressed from the beginning of the plan, where the header stands.
constexpr uint32_t textsBegin = sizeof(plan::Header);

std::string describe(plan::MonitorWork work) {
  switch (work) {
    case plan::MonitorWork::plan:
      return "reading the plan of the container";
    case plan::MonitorWork::pipes:
      return "making the pipes of the container";
    case plan::MonitorWork::joinNetwork:
      return "entering the network namespace";
    case plan::MonitorWork::joinPid:
      return "entering the process namespace";
    case plan::MonitorWork::clone:
      return "making the process of the container";
    case plan::MonitorWork::userMap:
      return "mapping the users of the container";
    case plan::MonitorWork::died:
      return "preparing the container";
  }
  return "preparing the container";
}

/// runc's words, which clients know.
[[noreturn]] void failCommand(int error, const std::string& command) {
  std::string start = "exec: \"" + command + "\": ";
  bool path = command.find('/') != std::string::npos;
  if (error == ENOENT || error == ENOTDIR) {
    fail(ErrorCode::NOT_FOUND, start + (path ? "stat " + command + ": no such file or directory"
                                             : "executable file not found in $PATH"));
  }
  if (error == EISDIR) fail(ErrorCode::DENIED, start + "is a directory");
  if (error == EACCES) fail(ErrorCode::DENIED, start + "permission denied");
  failErrno("exec: \"" + command + "\"", error);
}

}  // namespace

PlanWriter::PlanWriter() {
  header_.magic = plan::magicNumber;
  header_.version = plan::currentVersion;
  header_.pidNamespace = -1;
  header_.network = -1;
  header_.cgroupDirectory = -1;
  header_.oomFile = -1;
  header_.killFile = -1;
  header_.logDirectory = -1;
  header_.initProgram = -1;
}

int PlanWriter::give(int fd) {
  int slot = static_cast<int>(given_.size());
  if (slot >= plan::maximumGiven) {
    fail(ErrorCode::INVALID, "the container needs more than " + std::to_string(plan::maximumGiven) +
                                 " descriptors; give it fewer mounts");
  }
  given_.push_back(fd);
  return slot;
}

int PlanWriter::give(os::Fd fd) {
  kept_.push_back(kj::mv(fd));
  return give(kept_.back().get());
}

plan::Text PlanWriter::text(std::string_view text) {
  plan::Text place = bytes(text.data(), text.size());
  texts_ += '\0';
  return place;
}

plan::Text PlanWriter::texts(const std::vector<std::string>& list) {
  std::string joined;
  for (auto& one : list) joined.append(one.c_str(), one.size() + 1);
  return bytes(joined.data(), joined.size());
}

plan::Text PlanWriter::bytes(const void* data, size_t size) {
  while (texts_.size() % alignof(uint64_t) != 0) texts_ += '\0';
  plan::Text place{static_cast<uint32_t>(textsBegin + texts_.size()), static_cast<uint32_t>(size)};
  texts_.append(static_cast<const char*>(data), size);
  return place;
}

plan::Step& PlanWriter::step(plan::Operation operation, std::string purpose) {
  steps_.push_back(plan::Step{operation, 0, -1, 0, 0, 0, 0, {}, {}});
  purposes_.push_back(std::move(purpose));
  return steps_.back();
}

std::string PlanWriter::finish() {
  while (texts_.size() % alignof(plan::Step) != 0) texts_ += '\0';
  header_.stepsOffset = static_cast<uint32_t>(textsBegin + texts_.size());
  header_.stepCount = static_cast<uint32_t>(steps_.size());
  header_.slotCount = static_cast<uint32_t>(given_.size());
  header_.size = static_cast<uint32_t>(header_.stepsOffset + steps_.size() * sizeof(plan::Step));
  std::string result(reinterpret_cast<const char*>(&header_), sizeof(header_));
  result += texts_;
  result.append(reinterpret_cast<const char*>(steps_.data()), steps_.size() * sizeof(plan::Step));
  return result;
}

void failReport(const PlanWriter& writer, const plan::Report& report, const std::string& command) {
  if (report.step == plan::notAStep) {
    auto work = static_cast<plan::MonitorWork>(report.value);
    if (work == plan::MonitorWork::died) {
      fail(ErrorCode::EXHAUSTED, "the container was killed while it was prepared (signal " +
                                     std::to_string(report.error) +
                                     "); is its memory limit too low?");
    }
    failErrno(describe(work), report.error);
  }
  if (writer.operation(report.step) == plan::Operation::findCommand) {
    failCommand(report.error, command);
  }
  failErrno(writer.purpose(report.step), report.error);
}

}  // namespace stave::native
