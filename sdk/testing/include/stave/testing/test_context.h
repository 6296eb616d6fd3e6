#pragma once

#include <stave/loop.h>
#include <stave/plugin.h>

#include <string>
#include <vector>

namespace stave::testing {

/// A host that has a loop, workers and a directory, which is all that many a plug-in asks of one.
class TestContext final : public Context {
 public:
  TestContext(Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {}

  kj::Timer& timer() override { return loop_.timer(); }
  kj::UnixEventPort& port() override { return loop_.port(); }
  kj::LowLevelAsyncIoProvider& fds() override { return *loop_.io().lowLevelProvider; }
  WorkerPool& workers() override { return workers_; }
  boost::asio::io_context& asio() override { KJ_UNIMPLEMENTED("not in these tests"); }
  schema::Broker::Client broker() override { return nullptr; }
  schema::Objects::Client objects() override { return nullptr; }
  schema::EventBus::Client events() override { return nullptr; }
  std::string_view statePath() override { return path_; }
  std::string_view runPath() override { return path_; }
  std::string_view nodeName() override { return "here"; }
  capnp::Capability::Client anyService(std::string_view, std::string_view) override {
    return nullptr;
  }
  void log(schema::LogLevel, std::string_view message, LogFields) override {
    logged.emplace_back(message);
  }
  void spawn(kj::Promise<void> work) override {
    spawned.add(work.eagerlyEvaluate([](kj::Exception&&) {}));
  }
  capnp::DynamicValue::Reader settingsMessage() override { return nullptr; }
  void onReload(kj::Function<bool()>) override {}
  void onStop(kj::Function<kj::Promise<void>()>) override {}

  std::vector<std::string> logged;
  kj::Vector<kj::Promise<void>> spawned;

 private:
  Loop& loop_;
  std::string path_;
  WorkerPool workers_{2};
};

}  // namespace stave::testing
