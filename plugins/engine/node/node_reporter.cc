#include "node_reporter.h"

#include <capnp/message.h>
#include <stave/error.h>
#include <stave/image/platform.h>
#include <stave/os/file.h>
#include <stave/os/host.h>
#include <stave/schema/objects/system.capnp.h>

#include <charconv>
#include <thread>

#include "text.h"

namespace stave::node {

namespace {

/// The rest of the line that begins with `start`; empty: there is none.
std::string_view restOfLine(std::string_view file, const std::string& start) {
  size_t at = 0;
  while (at < file.size()) {
    auto end = std::min(file.find('\n', at), file.size());
    auto line = file.substr(at, end - at);
    if (line.substr(0, start.size()) == start) return line.substr(start.size());
    at = end + 1;
  }
  return {};
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

uint64_t memoryLine(std::string_view file, std::string_view name) {
  auto rest = restOfLine(file, std::string(name) + ":");
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  uint64_t kibibytes = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), kibibytes);
  return kibibytes * 1024;
}

std::string releaseValue(std::string_view file, std::string_view name) {
  std::string value(restOfLine(file, std::string(name) + "="));
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

NodeReporter::NodeReporter(Environment& environment, ObjectWriter& writer,
                           std::function<size_t()> podCount)
    : environment_(environment), writer_(writer), podCount_(std::move(podCount)) {}

Task<> NodeReporter::run() {
  for (;;) {
    std::string failure;
    try {
      co_await report();
    } catch (const kj::Exception& exception) {
      failure = textOf(exception);
    }
    if (!failure.empty()) environment_.warn("reporting the node: " + failure);
    co_await environment_.timer.afterDelay(environment_.heartbeatMillis * kj::MILLISECONDS);
  }
}

/// The Node object; null: there is none yet.
Task<ObjectPointer> NodeReporter::find() {
  auto get = environment_.objects.getRequest();
  get.initRef().setKind("Node");
  get.getRef().setName(environment_.nodeName.c_str());
  ObjectPointer object;
  try {
    auto response = co_await get.send();
    object = std::make_shared<const ObjectCopy>(response.getObject());
  } catch (const kj::Exception& exception) {
    if (codeOf(exception) != ErrorCode::NOT_FOUND) throw;
  }
  co_return std::move(object);
}

Task<> NodeReporter::report() {
  auto object = co_await find();
  if (object == nullptr) {
    capnp::MallocMessageBuilder message;
    auto spec = message.initRoot<schema::NodeSpec>().asReader();
    std::string reason = "this machine joined";
    co_await writer_.createPlain<schema::NodeSpec>("Node", environment_.nodeName, spec, reason);
    object = co_await find();
  }
  if (object == nullptr) fail(ErrorCode::NOT_FOUND, "the node's object was deleted");
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::NodeStatus>();
  status.setPhase(schema::NodeStatus::Phase::READY);
  status.setHeartbeat(environment_.now());
  setTexts(os::hostAddresses(), [&](auto n) { return status.initAddresses(n); });
  status.setCpuMillis(std::thread::hardware_concurrency() * 1000);
  status.setMemory(memoryLine(os::readFile("/proc/meminfo"), "MemTotal"));
  status.setKernelVersion(trimmed(os::readFile("/proc/sys/kernel/osrelease")).c_str());
  if (os::exists("/etc/os-release")) {
    status.setOperatingSystem(releaseValue(os::readFile("/etc/os-release"), "PRETTY_NAME").c_str());
  }
  status.setArchitecture(image::hostPlatform().architecture.c_str());
  status.setVersion(STAVE_VERSION);
  status.setPods(podCount_());
  co_await writer_.status<schema::NodeStatus>(*object, status.asReader(), "heartbeat");
}

}  // namespace stave::node
