#include "driver.h"

#include <fmt/format.h>
#include <stave/os/file.h>

namespace stave::bridge {

namespace {

using net::Prefix;

net::DnsOptions dnsOptions(schema::BridgeSettings::Reader settings) {
  net::DnsOptions options;
  for (auto server : settings.getNameservers()) {
    options.upstream.push_back(net::Address::parse(server.cStr(), "nameservers"));
  }
  std::string path = settings.getResolvConf();
  if (options.upstream.empty() && os::exists(path)) {
    options.upstream = net::nameserversIn(os::readFile(path));
  }
  return options;
}

}  // namespace

Options readOptions(schema::BridgeSettings::Reader settings, std::string_view statePath) {
  Options options;
  options.stateDirectory = statePath;
  options.mtu = settings.getMtu();
  for (auto pool : settings.getAddressPools()) {
    options.pools.push_back(
        {Prefix::parse(pool.getBlock().cStr(), "addressPools.block"), pool.getLength()});
  }
  if (options.pools.empty()) {
    options.pools = {{Prefix::parse("10.88.0.0/16", "pool"), 24},
                     {Prefix::parse("10.89.0.0/16", "pool"), 24},
                     {Prefix::parse("fd53:7461:7665::/48", "pool"), 64}};
  }
  return options;
}

Driver::Driver(Context& context, schema::BridgeSettings::Reader settings)
    : context_(context),
      networks_(readOptions(settings, context.statePath()), directory_),
      queue_(context.workers()),
      sandboxes_(context.workers(), context.timer()) {
  if (settings.getDns()) dns_.emplace(context.asio(), directory_, dnsOptions(settings));
  context.onStop([this] { return stop(); });
}

kj::Promise<void> Driver::stop() {
  listen({});
  return queue_.run([this] { networks_.close(); });
}

Task<> Driver::recover() {
  auto work = queue_.run([this] { return networks_.recover(); });
  auto problems = co_await kj::mv(work);
  for (auto& problem : problems) context_.log(schema::LogLevel::WARNING, problem);
  listen(networks_.gateways());
}

void Driver::listen(const std::vector<net::Address>& gateways) {
  KJ_IF_MAYBE (dns, dns_) {
    for (auto& problem : dns->listen(gateways)) {
      context_.log(schema::LogLevel::WARNING, "no DNS for pods: " + problem);
    }
  }
}

void Driver::addNameservers(net::EndpointView& view) const {
  KJ_IF_MAYBE (dns, dns_) {
    for (auto& subnet : view.network.subnets) {
      if (dns->listensAt(subnet.gateway)) view.nameservers.push_back(subnet.gateway.text());
    }
  }
}

kj::Promise<void> Driver::createNetwork(CreateNetworkContext context) {
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto wish = net::readWish(params.getName(), params.getSpec());
    using Made = std::pair<net::NetworkRecord, std::vector<net::Address>>;
    auto work = queue_.run([this, wish] {
      auto network = networks_.create(wish);
      return Made(network, networks_.gateways());
    });
    auto made = co_await kj::mv(work);
    listen(made.second);
    net::write(made.first, "bridge", context.getResults().initStatus());
  });
}

kj::Promise<void> Driver::removeNetwork(RemoveNetworkContext context) {
  return async([this, context]() mutable -> Task<> {
    std::string name = context.getParams().getName();
    auto work = queue_.run([this, name] {
      networks_.remove(name);
      return networks_.gateways();
    });
    auto gateways = co_await kj::mv(work);
    listen(gateways);
  });
}

kj::Promise<void> Driver::createSandbox(CreateSandboxContext context) {
  return async([this, context]() mutable -> Task<> {
    auto sandbox = co_await sandboxes_.take();
    context.getResults().setNamespace(makeFd(kj::mv(sandbox)));
  });
}

kj::Promise<void> Driver::attach(AttachContext context) {
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto request = net::readRequest(params.getRequest());
    auto taken = co_await takeFd(params.getSandbox(), "the sandbox");
    auto sandbox = std::make_shared<kj::AutoCloseFd>(kj::mv(taken));
    auto work =
        queue_.run([this, request, sandbox] { return networks_.attach(sandbox->get(), request); });
    auto view = co_await kj::mv(work);
    addNameservers(view);
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
    for (auto& view : views) addNameservers(view);
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

}  // namespace stave::bridge
