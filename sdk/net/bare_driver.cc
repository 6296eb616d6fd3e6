#include <fmt/format.h>
#include <stave/net/bare_driver.h>
#include <stave/net/wire.h>

namespace stave::net {

kj::Promise<void> BareDriver::createNetwork(CreateNetworkContext context) {
  auto params = context.getParams();
  auto wish = readWish(params.getName(), params.getSpec());
  wish.checkOptions({});
  if (!wish.subnets.empty()) {
    fail(ErrorCode::UNSUPPORTED,
         fmt::format("network {}: the driver {} has no subnets; leave them out", wish.name, name_));
  }
  NetworkRecord network;
  network.name = wish.name;
  write(network, name_, context.getResults().initStatus());
  return kj::READY_NOW;
}

kj::Promise<void> BareDriver::createSandbox(CreateSandboxContext context) {
  return async([this, context]() mutable -> Task<> {
    auto work = context_.workers().run([make = makeSandbox_] { return make(); });
    auto sandbox = co_await kj::mv(work);
    context.getResults().setNamespace(makeFd(kj::mv(sandbox)));
  });
}

kj::Promise<void> BareDriver::attach(AttachContext context) {
  auto request = readRequest(context.getParams().getRequest());
  if (!request.ports.empty()) {
    context_.log(schema::LogLevel::INFO,
                 fmt::format("pod {}: the driver {} publishes no ports", request.podName, name_));
  }
  context.getResults().initStatus();
  return kj::READY_NOW;
}

kj::Promise<void> BareDriver::statistics(StatisticsContext context) {
  fail(ErrorCode::UNSUPPORTED, fmt::format("the driver {} has no interfaces to count at", name_));
}

}  // namespace stave::net
