#pragma once

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <kj/timer.h>
#include <stave/schema/content.capnp.h>
#include <stave/schema/kernel.capnp.h>
#include <stave/schema/network.capnp.h>
#include <stave/schema/object.capnp.h>
#include <stave/schema/plugin.capnp.h>
#include <stave/schema/registry.capnp.h>
#include <stave/schema/runtime.capnp.h>
#include <stave/schema/storage.capnp.h>
#include <stave/schema/volume.capnp.h>
#include <stave/worker_pool.h>

#include <functional>
#include <string>
#include <vector>

namespace stave::node {

/// The name under which the engine holds back the removal of objects.
inline constexpr const char* finalizerName = "engine";
inline constexpr int64_t nanosPerMilli = 1'000'000;

/// The drivers that the engine turns objects into calls on. An empty name is the stack's default.
struct Drivers {
  schema::Runtime::Client runtime = nullptr;
  schema::Storage::Client storage = nullptr;
  schema::Content::Client content = nullptr;
  std::function<schema::Network::Client(const std::string& name)> network;
  std::function<schema::Registry::Client(const std::string& name)> registry;
  std::function<schema::VolumeDriver::Client(const std::string& name)> volume;
  std::vector<std::string> networkNames;  ///< of the stack, the default first
};

/// All that the engine's parts reach the world through; a test fills it with fakes.
struct Environment {
  Drivers drivers;
  schema::Objects::Client objects = nullptr;
  schema::EventBus::Client events = nullptr;
  kj::Timer& timer;
  kj::UnixEventPort& port;
  kj::LowLevelAsyncIoProvider& fds;
  WorkerPool& workers;
  std::function<int64_t()> now;  ///< Unix time, nanoseconds
  std::function<void(schema::LogLevel level, const std::string& message)> log;
  std::string nodeName;
  std::string statePath;

  // From the settings.
  bool unassigned = true;
  std::string defaultNetwork;
  uint64_t logMaxBytes = 0;
  uint32_t logMaxFiles = 0;
  int64_t heartbeatMillis = 10'000;
  int64_t imageRetryMillis = 10'000;
  uint32_t stoppedPods = 100;

  void warn(const std::string& message) const { log(schema::LogLevel::WARNING, message); }
};

/// A set of background tasks whose failures are logged.
class LoggedTasks final : public kj::TaskSet::ErrorHandler {
 public:
  LoggedTasks(Environment& environment, std::string what)
      : environment_(environment), what_(std::move(what)), tasks_(*this) {}

  void add(kj::Promise<void> task) { tasks_.add(kj::mv(task)); }
  kj::Promise<void> whenEmpty() { return tasks_.onEmpty(); }
  void taskFailed(kj::Exception&& exception) override;

 private:
  Environment& environment_;
  std::string what_;
  kj::TaskSet tasks_;
};

}  // namespace stave::node
