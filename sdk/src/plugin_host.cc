#include "stave/plugin_host.h"

#include <capnp/message.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/dll/shared_library.hpp>
#include <optional>
#include <thread>

#include "stave/connection.h"
#include "stave/os/file.h"
#include "stave/plugin.h"
#include "stave/schemas.h"
#include "stave/settings.h"

namespace stave {

namespace {

/// The library and its entry, checked before any of the plug-in's code has run.
class PluginLibrary {
 public:
  explicit PluginLibrary(const std::string& file) {
    // Local: plug-ins do not see each other's symbols. No unloading: a KJ object may outlive its
    // plug-in.
    if (!os::exists(file)) fail(ErrorCode::NOT_FOUND, "there is no plug-in file " + file);
    auto mode = static_cast<boost::dll::load_mode::type>(
        boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local | RTLD_NODELETE);
    try {
      library_.load(boost::dll::fs::path(file), mode);
    } catch (const std::exception& error) {
      fail(ErrorCode::INVALID, "cannot load plug-in " + file + ": " + error.what());
    }
    if (!library_.has("stave_plugin")) {
      fail(ErrorCode::INVALID, file + " is not a plug-in: it exports no symbol stave_plugin");
    }
    entry_ = &library_.get<const PluginEntry>("stave_plugin");
    check(file);
  }

  const PluginEntry& entry() const { return *entry_; }

 private:
  void check(const std::string& file) const {
    auto refuse = [&](const char* what) {
      fail(ErrorCode::INVALID, file + " was built " + what + "; build it again with this SDK");
    };
    if (entry_->magic != PluginEntry::magicNumber) refuse("for something else than this platform");
    if (entry_->abi != PluginEntry::currentAbi || entry_->size != sizeof(PluginEntry)) {
      refuse("for another version of the plug-in interface");
    }
    if (entry_->capnpVersion != CAPNP_VERSION) refuse("with another version of Cap'n Proto");
    if (entry_->cxxAbi != __GXX_ABI_VERSION) refuse("with another C++ binary interface");
  }

  boost::dll::shared_library library_;
  const PluginEntry* entry_ = nullptr;
};

void addWords(capnp::List<capnp::Text>::Builder list, const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); i++) list.set(i, words[i]);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  size_t begin = 0;
  while (begin < text.size()) {
    auto end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

unsigned workerCount() {
  return std::max(2u, std::thread::hardware_concurrency());
}

class LoadedPlugin final : public schema::PluginHost::Server,
                           private Context,
                           private kj::TaskSet::ErrorHandler {
 public:
  LoadedPlugin(Loop& loop, const std::string& file)
      : loop_(loop), library_(file), tasks_(newTasks()) {}

  kj::Promise<void> describe(DescribeContext context) override {
    auto& entry = library_.entry();
    auto descriptor = context.getResults().initDescriptor();
    descriptor.setKind(entry.kind);
    descriptor.setName(entry.name);
    descriptor.setVersion(entry.version);
    descriptor.setSummary(entry.summary);
    auto requirements = split(entry.requirements);
    addWords(descriptor.initRequires(requirements.size()), requirements);
    std::vector<capnp::Schema> roots{entry.interface()};
    descriptor.setInterfaceType(roots[0].getProto().getId());
    if (entry.settings != nullptr) {
      roots.push_back(entry.settings());
      descriptor.setSettingsType(roots[1].getProto().getId());
    }
    auto schemas = schemaClosure(roots);
    auto nodes = descriptor.initNodes(schemas.size());
    for (size_t i = 0; i < schemas.size(); i++) nodes.setWithCaveats(i, schemas[i].getProto());
    return kj::READY_NOW;
  }

  kj::Promise<void> start(StartContext context) override {
    return async([this, context]() mutable -> Task<> {
      bind(context.getParams().getSettings());
      broker_ = context.getParams().getBroker();
      auto paths = co_await broker_.pathsRequest().send();
      statePath_ = paths.getState().cStr();
      runPath_ = paths.getRun().cStr();
      nodeName_ = paths.getNode().cStr();
      Context& self = *this;
      auto service = co_await library_.entry().start(self);
      context.getResults().setService(kj::mv(service));
    });
  }

  kj::Promise<void> reload(ReloadContext context) override {
    auto previous = kj::mv(settings_);
    bool taken = false;
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   bind(context.getParams().getSettings());
                   KJ_IF_MAYBE (callback, onReload_) {
                     taken = (*callback)();
                   }
                 })) {
      settings_ = kj::mv(previous);
      kj::throwFatalException(kj::mv(*exception));
    }
    if (!taken) settings_ = kj::mv(previous);
    context.getResults().setApplied(taken);
    return kj::READY_NOW;
  }

  kj::Promise<void> stop(StopContext) override {
    return async([this]() -> Task<> {
      KJ_IF_MAYBE (callback, onStop_) {
        auto done = (*callback)();
        co_await kj::mv(done);
      }
      tasks_ = newTasks();
    });
  }

  kj::Promise<void> check(CheckContext context) override {
    auto previous = kj::mv(settings_);
    KJ_DEFER(settings_ = kj::mv(previous));
    bind(context.getParams().getSettings());
    return kj::READY_NOW;
  }

  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }

 private:
  kj::Own<kj::TaskSet> newTasks() {
    return kj::heap<kj::TaskSet>(static_cast<kj::TaskSet::ErrorHandler&>(*this));
  }

  void bind(capnp::List<schema::Setting>::Reader settings) {
    auto& entry = library_.entry();
    if (entry.settings == nullptr) return refuseSettings(settings);
    auto message = kj::heap<capnp::MallocMessageBuilder>();
    bindSettings(settings, message->initRoot<capnp::DynamicStruct>(entry.settings()));
    settings_ = kj::mv(message);
  }

  kj::Timer& timer() override { return loop_.timer(); }
  kj::UnixEventPort& port() override { return loop_.port(); }
  kj::LowLevelAsyncIoProvider& fds() override { return *loop_.io().lowLevelProvider; }
  boost::asio::io_context& asio() override { return loop_.asio(); }
  WorkerPool& workers() override {
    if (!workers_) workers_.emplace(workerCount());
    return *workers_;
  }
  schema::Broker::Client broker() override { return broker_; }
  schema::Objects::Client objects() override {
    return broker_.objectsRequest().send().getObjects();
  }
  schema::EventBus::Client events() override { return broker_.eventsRequest().send().getBus(); }
  std::string_view statePath() override { return statePath_; }
  std::string_view runPath() override { return runPath_; }
  std::string_view nodeName() override { return nodeName_; }

  capnp::Capability::Client anyService(std::string_view kind, std::string_view name) override {
    auto request = broker_.serviceRequest();
    request.setKind(std::string(kind));
    request.setName(std::string(name));
    return request.send().getService();
  }

  void log(schema::LogLevel level, std::string_view message, LogFields fields) override {
    auto request = broker_.logRequest();
    request.setLevel(level);
    request.setMessage(std::string(message));
    auto list = request.initFields(fields.size());
    size_t i = 0;
    for (auto& [key, value] : fields) {
      list[i].setKey(std::string(key));
      list[i++].setValue(value);
    }
    tasks_->add(request.send().ignoreResult().catch_([](kj::Exception&&) {}));
  }

  void spawn(kj::Promise<void> work) override { tasks_->add(kj::mv(work)); }

  capnp::DynamicValue::Reader settingsMessage() override {
    KJ_IF_MAYBE (message, settings_) {
      return (*message)->getRoot<capnp::DynamicStruct>(library_.entry().settings()).asReader();
    }
    fail(ErrorCode::INTERNAL, "this plug-in declares no settings");
  }

  void onReload(kj::Function<bool()> callback) override { onReload_ = kj::mv(callback); }
  void onStop(kj::Function<kj::Promise<void>()> callback) override { onStop_ = kj::mv(callback); }

  void taskFailed(kj::Exception&& exception) override {
    log(schema::LogLevel::ERROR, "background work failed: " + textOf(exception), {});
  }

  Loop& loop_;
  PluginLibrary library_;
  schema::Broker::Client broker_ = nullptr;
  std::string statePath_, runPath_, nodeName_;
  kj::Maybe<kj::Own<capnp::MallocMessageBuilder>> settings_;
  kj::Maybe<kj::Function<bool()>> onReload_;
  kj::Maybe<kj::Function<kj::Promise<void>()>> onStop_;
  std::optional<WorkerPool> workers_;
  kj::Own<kj::TaskSet> tasks_;
};

}  // namespace

schema::PluginHost::Client loadPlugin(Loop& loop, const std::string& file) {
  return kj::heap<LoadedPlugin>(loop, file);
}

void servePlugin(const std::string& file, kj::AutoCloseFd socket) {
  Loop loop;
  Connection connection(loop.port(), kj::mv(socket), false, loadPlugin(loop, file));
  loop.wait(connection.onDisconnect());
}

}  // namespace stave
