#include "service.h"

#include <stave/capability.h>
#include <stave/error.h>

#include "log_stream.h"
#include "service_parts.h"
#include "service_server.h"
#include "text.h"

namespace stave::node {

namespace {

constexpr auto attachPatience = 5 * kj::SECONDS;
constexpr auto attachPoll = 2 * kj::MILLISECONDS;

}  // namespace

schema::Container::Client Service::running(const std::string& pod, const std::string& container) {
  auto worker = engine_->pods().find(pod);
  auto& state = worker->containerState(container);
  if (!state.alive()) {
    fail(ErrorCode::CONFLICT, "container " + state.name + " of pod " + pod + " is not running");
  }
  return worker->control(container).client();
}

/// A pod that was created a moment ago may not have been seen here yet.
Task<> Service::awaitPod(std::string pod) {
  auto end = engine_->environment().timer.now() + attachPatience;
  while (!engine_->pods().known(pod) && engine_->environment().timer.now() < end) {
    co_await engine_->environment().timer.afterDelay(attachPoll);
  }
}

Task<> Service::networkStatistics(std::shared_ptr<PodWorker> worker, StatisticsContext context) {
  std::vector<Endpoint> endpoints;
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

kj::Promise<void> Service::logs(LogsContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto worker = engine_->pods().find(text(params.getPod()));
    auto container = text(params.getContainer());
    auto& record = worker->containerRecord(container);
    if (record.logPath.empty()) {
      fail(ErrorCode::UNSUPPORTED, "the container keeps no log file (log driver none)");
    }
    auto over = [worker, container]() {
      return !worker->containerState(container).alive() && !worker->goesOn(container);
    };
    bool follow = params.getOptions().getFollow();
    auto stream = kj::heap<LogStream>(engine_->environment(), record.logPath, params.getOptions(),
                                      params.getSink(), over);
    co_await stream->sendPresent();
    if (!follow) {
      context.getResults().setFollowing(makeHandle([]() {}));
      co_return;
    }
    kj::Promise<void> following = stream->follow();
    following = following.eagerlyEvaluate([this](kj::Exception&& exception) {
      engine_->environment().log(schema::LogLevel::DEBUG, "following a log: " + textOf(exception));
    });
    auto running = kj::heap<kj::Promise<void>>(following.attach(kj::mv(stream)));
    context.getResults().setFollowing(keepWhileHeld(kj::mv(running)));
  });
}

kj::Promise<void> Service::attach(AttachContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto pod = text(context.getParams().getPod());
    co_await awaitPod(pod);
    auto worker = engine_->pods().find(pod);
    auto process = co_await worker->attach(view(context.getParams().getContainer()));
    context.getResults().setProcess(process);
  });
}

kj::Promise<void> Service::exec(ExecContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto request =
        running(text(context.getParams().getPod()), text(context.getParams().getContainer()))
            .execRequest();
    request.setSpec(context.getParams().getSpec());
    auto response = co_await request.send();
    context.getResults().setProcess(response.getProcess());
  });
}

kj::Promise<void> Service::signal(SignalContext context) {
  return async([this, context]() mutable -> Task<> {
    auto request =
        running(text(context.getParams().getPod()), text(context.getParams().getContainer()))
            .signalRequest();
    request.setNumber(context.getParams().getNumber());
    co_await request.send();
  });
}

kj::Promise<void> Service::resize(ResizeContext context) {
  return async([this, context]() mutable -> Task<> {
    auto request =
        running(text(context.getParams().getPod()), text(context.getParams().getContainer()))
            .resizeRequest();
    request.setWidth(context.getParams().getWidth());
    request.setHeight(context.getParams().getHeight());
    co_await request.send();
  });
}

kj::Promise<void> Service::statistics(StatisticsContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto worker = engine_->pods().find(text(context.getParams().getPod()));
    auto container =
        running(text(context.getParams().getPod()), text(context.getParams().getContainer()));
    auto response = co_await container.statisticsRequest().send();
    context.getResults().setStatistics(response.getStatistics());
    co_await networkStatistics(worker, context);
  });
}

kj::Promise<void> Service::top(TopContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto response = co_await running(text(context.getParams().getPod()),
                                     text(context.getParams().getContainer()))
                        .processesRequest()
                        .send();
    std::vector<int32_t> pids;
    for (int32_t pid : response.getPids()) pids.push_back(pid);
    auto reading = engine_->environment().workers.run([pids]() { return readProcesses(pids); });
    auto rows = co_await kj::mv(reading);
    fillProcesses(context.getResults().initProcesses(rows.size()), rows);
  });
}

kj::Promise<void> Service::resolveImage(ResolveImageContext context) {
  auto name = engine_->images().resolve(text(context.getParams().getReference()));
  context.getResults().setName(name.c_str());
  return kj::READY_NOW;
}

kj::Promise<void> Service::checkImageUnused(CheckImageUnusedContext context) {
  auto name = engine_->images().resolve(text(context.getParams().getImage()));
  auto object = engine_->images().object(name);
  auto id = text(object->status<schema::ImageStatus>().getConfigDigest());
  auto pods = engine_->podsByImage()[id];
  setTexts(pods, [&](auto n) { return context.getResults().initPods(n); });
  return kj::READY_NOW;
}

schema::Engine::Client makeService(kj::Own<Engine> engine) {
  return kj::heap<Service>(kj::mv(engine));
}

}  // namespace stave::node
