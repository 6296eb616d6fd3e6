#pragma once

#include <stave/schema/plugin.capnp.h>
#include <stave/testing/fake_events.h>
#include <stave/testing/fake_objects.h>

#include <memory>
#include <string>
#include <vector>

namespace stave::testing {

struct LogLine {
  std::string plugin;
  schema::LogLevel level;
  std::string message;  ///< fields follow as " name=value"
};

/// The kernel as a plug-in sees it: services by kind and name, objects, events, directories, a log.
class FakeBroker {
 public:
  FakeBroker();
  KJ_DISALLOW_COPY(FakeBroker);

  /// What one plug-in is given; every plug-in has directories of its own.
  schema::Broker::Client client(const std::string& plugin = "test");

  /// The first of a kind is the default one. The same kind and name again: replaces it.
  void provide(const std::string& kind, const std::string& name, capnp::Capability::Client service);

  /// Requests for this grant ("objects", "events", "kernel", a kind) fail [denied] from now on.
  void deny(const std::string& grant);

  /// What `Broker.kernel` gives. Without it that fails [denied].
  void provideKernel(schema::Kernel::Client kernel);

  FakeObjects& objects();
  FakeEvents& events();
  const std::vector<LogLine>& log() const;
  bool logged(std::string_view part) const;  ///< some message contains it

  std::string statePath(const std::string& plugin = "test") const;
  std::string runPath(const std::string& plugin = "test") const;
  static constexpr const char* nodeName = "test-node";

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace stave::testing
