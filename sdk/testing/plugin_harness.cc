#include <stave/testing/plugin_harness.h>

#include <kj/debug.h>
#include <signal.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/plugin_host.h>
#include <stave/testing/wait.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace stave::testing {

namespace {

std::string directoryOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::string baseName(const std::string& path) {
  auto name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.rfind(".so"));
}

std::string findHostProgram() {
  if (const char* given = std::getenv("STAVE_HOST")) return given;
  auto here = directoryOf(os::selfPath());
  for (auto place : {"/stave-host", "/../bin/stave-host", "/../libexec/stave/stave-host"}) {
    if (os::exists(here + place)) return here + place;
  }
  fail(ErrorCode::NOT_FOUND,
       "stave-host is not near " + here + "; name it in the environment variable STAVE_HOST");
}

}  // namespace

/// What a process boundary does for the service of a plug-in that runs inline: once that is dead,
/// so is every reference that is still held, and every call that waits.
class PluginHarness::Boundary final : public capnp::Capability::Server {
 public:
  explicit Boundary(capnp::Capability::Client target)
      : Boundary(kj::mv(target), kj::newPromiseAndFulfiller<void>()) {}

  void end() {
    auto death = makeError(ErrorCode::UNAVAILABLE, "the plug-in was killed");
    target_ = kj::cp(death);
    fulfiller_->reject(kj::mv(death));
  }

  DispatchCallResult dispatchCall(
      uint64_t interfaceId, uint16_t methodId,
      capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer> context) override {
    context.allowCancellation();
    auto params = context.getParams();
    auto request = target_.typelessRequest(interfaceId, methodId, params.targetSize());
    request.set(params);
    auto answered = request.send().then([context](auto&& response) mutable {
      context.getResults(response.targetSize()).set(response);
    });
    return {answered.exclusiveJoin(death_.addBranch()), false};
  }

 private:
  Boundary(capnp::Capability::Client target, kj::PromiseFulfillerPair<void> pair)
      : target_(kj::mv(target)), fulfiller_(kj::mv(pair.fulfiller)), death_(pair.promise.fork()) {}

  capnp::Capability::Client target_;
  kj::Own<kj::PromiseFulfiller<void>> fulfiller_;
  kj::ForkedPromise<void> death_;
};

PluginHarness::PluginHarness(Loop& loop, FakeBroker& broker, Options options)
    : loop_(loop), broker_(broker), options_(kj::mv(options)) {
  if (options_.name.empty()) options_.name = baseName(options_.file);
}

PluginHarness::~PluginHarness() noexcept {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([this]() { kill(); })) {
    KJ_LOG(ERROR, "a plug-in could not be ended", *exception);
  }
}

void PluginHarness::start() {
  KJ_REQUIRE(host_ == nullptr, "the plug-in runs already", options_.name.c_str());
  auto host =
      options_.isolation == Isolation::process ? launchProcess() : loadPlugin(loop_, options_.file);
  host_ = host;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { service_ = startService(host); })) {
    kill();
    kj::throwFatalException(kj::mv(*exception));
  }
}

schema::PluginHost::Client PluginHarness::launchProcess() {
  auto program = options_.hostProgram.empty() ? findHostProgram() : options_.hostProgram;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
    failErrno("making a socket pair", errno);
  }
  os::Fd ours(ends[0]), theirs(ends[1]);
  os::SpawnOptions spawn;
  spawn.arguments = {program, options_.file};
  spawn.descriptors = {{0, 0}, {1, 1}, {2, 2}, {theirs.get(), 3}};
  process_ = kj::heap(os::spawn(loop_.port(), spawn));
  connection_ =
      kj::heap<Connection>(loop_.port(), kj::mv(ours), true, capnp::Capability::Client(nullptr));
  return connection_->peer().castAs<schema::PluginHost>();
}

capnp::Capability::Client PluginHarness::startService(schema::PluginHost::Client host) {
  auto request = host.startRequest();
  request.setBroker(broker_.client(options_.name));
  fillSettings(request, options_.settings);
  auto response = wait(loop_, request.send(), "the start of " + options_.name);
  if (options_.isolation == Isolation::process) return response.getService();
  auto boundary = kj::heap<Boundary>(response.getService());
  boundary_ = *boundary;
  return kj::mv(boundary);
}

schema::PluginHost::Client PluginHarness::host() {
  return KJ_REQUIRE_NONNULL(host_, "the plug-in does not run", options_.name.c_str());
}

capnp::Capability::Client PluginHarness::anyService() {
  return KJ_REQUIRE_NONNULL(service_, "the plug-in does not run", options_.name.c_str());
}

void PluginHarness::kill() {
  if (options_.isolation == Isolation::process) {
    killProcess();
  } else {
    endInline();
  }
  service_ = nullptr;
  host_ = nullptr;
}

void PluginHarness::killProcess() {
  if (process_.get() == nullptr) return;
  process_->signal(SIGKILL);
  int status = wait(loop_, process_->wait(), "the end of " + options_.name);
  bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (!killed)
    KJ_LOG(ERROR, "the plug-in's process had ended by itself", status & 127, status >> 8);
  process_ = nullptr;
  connection_ = nullptr;
}

/// A test may still hold capabilities that the plug-in returned, so its context must outlive this.
void PluginHarness::endInline() {
  KJ_IF_MAYBE (host, host_) {
    auto stopped = host->stopRequest().send().ignoreResult();
    auto ignored = failureOf(loop_, kj::mv(stopped), options_.name + " to stop");
    KJ_IF_MAYBE (boundary, boundary_) boundary->end();
    boundary_ = nullptr;
    dead_.add(*host);
    runFor(loop_, 1 * kj::MILLISECONDS);  // lets the calls that waited fail
  }
}

void PluginHarness::stop() {
  wait(loop_, host().stopRequest().send().ignoreResult(), options_.name + " to stop");
  kill();
}

void fillSettings(schema::PluginHost::StartParams::Builder params, std::string_view json) {
  auto object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object()) {
    fail(ErrorCode::INVALID, "the settings are not a JSON object: " + std::string(json));
  }
  auto settings = params.initSettings(object.size());
  unsigned i = 0;
  for (auto& [key, value] : object.items()) {
    auto setting = settings[i++];
    setting.initKey(1).set(0, key);
    setting.setJson(value.dump());
    setting.setFile("test.toml");
    setting.setLine(i);
  }
}

}  // namespace stave::testing
