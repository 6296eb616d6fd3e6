#include "driver.h"

#include <fmt/format.h>
#include <stave/net/sandbox.h>

namespace stave::macvlan {

namespace {

using net::Prefix;

std::vector<net::SubnetPool::Block> readPools(schema::MacvlanSettings::Reader settings) {
  std::vector<net::SubnetPool::Block> pools;
  for (auto pool : settings.getAddressPools()) {
    pools.push_back(
        {Prefix::parse(pool.getBlock().cStr(), "addressPools.block"), pool.getLength()});
  }
  if (pools.empty()) {
    pools = {{Prefix::parse("10.90.0.0/16", "pool"), 24},
             {Prefix::parse("fd53:7461:7666::/48", "pool"), 64}};
  }
  return pools;
}

}  // namespace

Driver::Driver(Context& context, schema::MacvlanSettings::Reader settings)
    : context_(context),
      networks_(std::string(context.statePath()), readPools(settings)),
      queue_(context.workers()) {}

Task<> Driver::recover() {
  auto work = queue_.run([this] { networks_.recover(); });
  co_await kj::mv(work);
}

kj::Promise<void> Driver::createNetwork(CreateNetworkContext context) {
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto wish = net::readWish(params.getName(), params.getSpec());
    auto work = queue_.run([this, wish] { return networks_.create(wish); });
    auto network = co_await kj::mv(work);
    net::write(network, "macvlan", context.getResults().initStatus());
  });
}

kj::Promise<void> Driver::removeNetwork(RemoveNetworkContext context) {
  return async([this, context]() mutable -> Task<> {
    std::string name = context.getParams().getName();
    auto work = queue_.run([this, name] { networks_.remove(name); });
    co_await kj::mv(work);
  });
}

kj::Promise<void> Driver::createSandbox(CreateSandboxContext context) {
  return async([this, context]() mutable -> Task<> {
    auto work = context_.workers().run([] { return net::makeSandbox(); });
    auto sandbox = co_await kj::mv(work);
    context.getResults().setNamespace(makeFd(kj::mv(sandbox)));
  });
}

kj::Promise<void> Driver::attach(AttachContext context) {
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto request = net::readRequest(params.getRequest());
    if (!request.ports.empty()) {
      context_.log(
          schema::LogLevel::INFO,
          fmt::format("pod {}: macvlan publishes no ports; its own address is reached directly",
                      request.podName));
    }
    auto taken = co_await takeFd(params.getSandbox(), "the sandbox");
    auto sandbox = std::make_shared<kj::AutoCloseFd>(kj::mv(taken));
    auto work = queue_.run(
        [this, request, sandbox] { return networks_.attach(kj::mv(*sandbox), request); });
    auto view = co_await kj::mv(work);
    net::write(view, context.getResults().initStatus());
  });
}

kj::Promise<void> Driver::detach(DetachContext context) {
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    net::EndpointKey key(params.getNetwork(), params.getEndpoint());
    auto work = queue_.run([this, key] { networks_.detach(key); });
    co_await kj::mv(work);
  });
}

kj::Promise<void> Driver::endpoints(EndpointsContext context) {
  return async([this, context]() mutable -> Task<> {
    auto work = queue_.run([this] { return networks_.endpoints(); });
    auto views = co_await kj::mv(work);
    net::write(views, context.getResults().initEndpoints(views.size()));
  });
}

kj::Promise<void> Driver::statistics(StatisticsContext context) {
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    net::EndpointKey key(params.getNetwork(), params.getEndpoint());
    auto work = queue_.run([this, key] { return networks_.statistics(key); });
    auto counters = co_await kj::mv(work);
    net::write(counters, context.getResults().initStatistics());
  });
}

}  // namespace stave::macvlan
