#include "service.h"

#include <stave/error.h>

#include "service_parts.h"
#include "text.h"

namespace stave::node {

namespace {

constexpr auto attachPatience = 5 * kj::SECONDS;
constexpr auto attachPoll = 2 * kj::MILLISECONDS;

/// Forwards each method to the part that does it.
class Service final : public schema::Engine::Server {
 public:
  explicit Service(kj::Own<Engine> engine) : engine_(kj::mv(engine)) {}

  kj::Promise<void> attach(AttachContext context) override {
    context.allowCancellation();
    return async([this, context]() mutable -> Task<> {
      auto pod = text(context.getParams().getPod());
      co_await awaitPod(pod);
      auto worker = engine_->pods().find(pod);
      auto process = co_await worker->attach(view(context.getParams().getContainer()));
      context.getResults().setProcess(process);
    });
  }

  kj::Promise<void> exec(ExecContext context) override {
    context.allowCancellation();
    return async([this, context]() mutable -> Task<> {
      auto request = running(context.getParams()).execRequest();
      request.setSpec(context.getParams().getSpec());
      auto response = co_await request.send();
      context.getResults().setProcess(response.getProcess());
    });
  }

  kj::Promise<void> signal(SignalContext context) override {
    return async([this, context]() mutable -> Task<> {
      auto request = running(context.getParams()).signalRequest();
      request.setNumber(context.getParams().getNumber());
      co_await request.send();
    });
  }

  kj::Promise<void> resize(ResizeContext context) override {
    return async([this, context]() mutable -> Task<> {
      auto request = running(context.getParams()).resizeRequest();
      request.setWidth(context.getParams().getWidth());
      request.setHeight(context.getParams().getHeight());
      co_await request.send();
    });
  }

  kj::Promise<void> statistics(StatisticsContext context) override {
    context.allowCancellation();
    return async([this, context]() mutable -> Task<> {
      auto worker = engine_->pods().find(text(context.getParams().getPod()));
      auto container = running(context.getParams());
      auto response = co_await container.statisticsRequest().send();
      context.getResults().setStatistics(response.getStatistics());
      co_await networkStatistics(worker, context);
    });
  }

  kj::Promise<void> top(TopContext context) override {
    context.allowCancellation();
    return async([this, context]() mutable -> Task<> {
      auto response = co_await running(context.getParams()).processesRequest().send();
      std::vector<int32_t> pids;
      for (int32_t pid : response.getPids()) pids.push_back(pid);
      auto rows = co_await engine_->environment().workers.run(
          [pids]() { return readProcesses(pids); });
      fillProcesses(context.getResults().initProcesses(rows.size()), rows);
    });
  }

  kj::Promise<void> resolveImage(ResolveImageContext context) override {
    auto name = engine_->images().resolve(text(context.getParams().getReference()));
    context.getResults().setName(name.c_str());
    return kj::READY_NOW;
  }

  kj::Promise<void> checkImageUnused(CheckImageUnusedContext context) override {
    auto name = engine_->images().resolve(text(context.getParams().getImage()));
    auto object = engine_->images().object(name);
    auto id = text(object->status<schema::ImageStatus>().getConfigDigest());
    auto pods = engine_->podsByImage()[id];
    setTexts(pods, [&](auto n) { return context.getResults().initPods(n); });
    return kj::READY_NOW;
  }

 private:
  template <typename Params>
  schema::Container::Client running(Params params) {
    auto worker = engine_->pods().find(text(params.getPod()));
    auto& state = worker->containerState(view(params.getContainer()));
    if (!state.alive()) {
      fail(ErrorCode::CONFLICT, "container " + state.name + " of pod " + text(params.getPod()) +
                                    " is not running");
    }
    return worker->control(view(params.getContainer())).client();
  }

  /// A pod that was created a moment ago may not have been seen here yet.
  Task<> awaitPod(std::string pod) {
    auto end = engine_->environment().timer.now() + attachPatience;
    while (!engine_->pods().known(pod) && engine_->environment().timer.now() < end) {
      co_await engine_->environment().timer.afterDelay(attachPoll);
    }
  }

  Task<> networkStatistics(std::shared_ptr<PodWorker> worker, StatisticsContext context) {
    std::vector<PodEndpoint> endpoints;
    for (auto& each : worker->record().network.endpoints()) {
      endpoints.push_back({each.network, each.id, text(each.status->getInterfaceName())});
    }
    auto uses = context.getResults().initNetworks(endpoints.size());
    for (size_t i = 0; i < endpoints.size(); ++i) {
      auto request = engine_->networks().driver(endpoints[i].network).statisticsRequest();
      request.setNetwork(endpoints[i].network.c_str());
      request.setEndpoint(endpoints[i].id.c_str());
      auto response = co_await request.send();
      uses[i].setNetwork(endpoints[i].network.c_str());
      uses[i].setInterfaceName(endpoints[i].interfaceName.c_str());
      uses[i].setStatistics(response.getStatistics());
    }
  }

  struct PodEndpoint {
    std::string network, id, interfaceName;
  };

  kj::Own<Engine> engine_;
};

}  // namespace

schema::Engine::Client makeService(kj::Own<Engine> engine) {
  return kj::heap<Service>(kj::mv(engine));
}

}  // namespace stave::node
