#include <stave/testing/fake_broker.h>

#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>

#include <algorithm>
#include <set>

namespace stave::testing {

namespace {

struct Provided {
  std::string kind;
  std::string name;
  capnp::Capability::Client service;
};

}  // namespace

struct FakeBroker::State {
  TempDirectory directory{"broker"};
  FakeObjects objects;
  FakeEvents events;
  std::vector<Provided> services;
  std::set<std::string> denied;
  kj::Maybe<schema::Kernel::Client> kernel;
  std::vector<LogLine> log;

  void require(const std::string& grant) {
    if (denied.count(grant) != 0) fail(ErrorCode::DENIED, "the grant \"" + grant + "\" is missing");
  }

  std::string makePath(const char* what, const std::string& plugin) {
    auto path = directory / (plugin + "/" + what);
    os::makeDirectories(path);
    return path;
  }
};

namespace {

class BrokerServer final : public schema::Broker::Server {
 public:
  BrokerServer(std::shared_ptr<FakeBroker::State> state, std::string plugin)
      : state_(kj::mv(state)), plugin_(kj::mv(plugin)) {}

  kj::Promise<void> objects(ObjectsContext context) override {
    state_->require("objects");
    context.getResults().setObjects(state_->objects.client());
    return kj::READY_NOW;
  }

  kj::Promise<void> events(EventsContext context) override {
    state_->require("events");
    context.getResults().setBus(state_->events.client());
    return kj::READY_NOW;
  }

  kj::Promise<void> service(ServiceContext context) override {
    std::string kind = context.getParams().getKind().cStr();
    std::string name = context.getParams().getName().cStr();
    state_->require(kind);
    for (auto& provided : state_->services) {
      if (provided.kind == kind && (name.empty() || provided.name == name)) {
        context.getResults().setService(provided.service);
        return kj::READY_NOW;
      }
    }
    fail(ErrorCode::NOT_FOUND, "no plug-in of the test is " + kind + "/" + name);
  }

  kj::Promise<void> names(NamesContext context) override {
    std::vector<std::string> found;
    for (auto& provided : state_->services) {
      if (provided.kind == context.getParams().getKind().cStr()) found.push_back(provided.name);
    }
    auto names = context.getResults().initNames(found.size());
    for (size_t i = 0; i < found.size(); ++i) names.set(i, found[i]);
    return kj::READY_NOW;
  }

  kj::Promise<void> log(LogContext context) override {
    auto params = context.getParams();
    LogLine line{plugin_, params.getLevel(), params.getMessage().cStr()};
    for (auto field : params.getFields()) {
      line.message += std::string(" ") + field.getKey().cStr() + "=" + field.getValue().cStr();
    }
    state_->log.push_back(kj::mv(line));
    return kj::READY_NOW;
  }

  kj::Promise<void> paths(PathsContext context) override {
    auto results = context.getResults();
    results.setState(state_->makePath("state", plugin_));
    results.setRun(state_->makePath("run", plugin_));
    results.setNode(FakeBroker::nodeName);
    return kj::READY_NOW;
  }

  kj::Promise<void> kernel(KernelContext context) override {
    KJ_IF_MAYBE (kernel, state_->kernel) {
      context.getResults().setKernel(*kernel);
      return kj::READY_NOW;
    }
    fail(ErrorCode::DENIED, "the grant \"kernel\" is missing");
  }

 private:
  std::shared_ptr<FakeBroker::State> state_;
  std::string plugin_;
};

}  // namespace

FakeBroker::FakeBroker() : state_(std::make_shared<State>()) {}

schema::Broker::Client FakeBroker::client(const std::string& plugin) {
  return kj::heap<BrokerServer>(state_, plugin);
}

void FakeBroker::provide(const std::string& kind, const std::string& name,
                         capnp::Capability::Client service) {
  for (auto& provided : state_->services) {
    if (provided.kind == kind && provided.name == name) {
      provided.service = kj::mv(service);
      return;
    }
  }
  state_->services.push_back({kind, name, kj::mv(service)});
}

void FakeBroker::deny(const std::string& grant) {
  state_->denied.insert(grant);
}

void FakeBroker::provideKernel(schema::Kernel::Client kernel) {
  state_->kernel = kj::mv(kernel);
}

FakeObjects& FakeBroker::objects() {
  return state_->objects;
}
FakeEvents& FakeBroker::events() {
  return state_->events;
}
const std::vector<LogLine>& FakeBroker::log() const {
  return state_->log;
}

bool FakeBroker::logged(std::string_view part) const {
  return std::any_of(state_->log.begin(), state_->log.end(), [&](const LogLine& line) {
    return line.message.find(part) != std::string::npos;
  });
}

std::string FakeBroker::statePath(const std::string& plugin) const {
  return state_->makePath("state", plugin);
}

std::string FakeBroker::runPath(const std::string& plugin) const {
  return state_->makePath("run", plugin);
}

}  // namespace stave::testing
