#include "kernel/rpc/kernel_server.h"

#include "kernel/log/log.h"
#include "stave/error.h"
#include "stave/task.h"

namespace stave::rpc {

namespace {

std::string_view view(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

void require(const Client& client, Rights least, std::string_view what) {
  if (client.rights >= least) return;
  fail(ErrorCode::DENIED, client.name + " may not " + std::string(what) +
                              "; give it rights in [[endpoint.rights]] or the socket's group");
}

void fillTexts(capnp::List<capnp::Text>::Builder list, const std::vector<std::string>& texts) {
  for (size_t i = 0; i < texts.size(); i++) list.set(i, texts[i]);
}

class PluginsServer final : public schema::Plugins::Server {
 public:
  PluginsServer(KernelParts& parts, Client client) : parts_(parts), client_(std::move(client)) {}

  kj::Promise<void> restart(RestartContext context) override {
    require(client_, Rights::full, "restart plug-ins");
    return parts_.plugins().find(view(context.getParams().getName())).restart();
  }

  kj::Promise<void> swap(SwapContext context) override {
    require(client_, Rights::full, "swap plug-ins");
    auto& supervisor = parts_.plugins().find(view(context.getParams().getName()));
    return supervisor.swap(context.getParams().getFile().cStr());
  }

  kj::Promise<void> metrics(MetricsContext context) override {
    require(client_, Rights::read, "read metrics");
    auto& calls = parts_.plugins().find(view(context.getParams().getName())).calls();
    auto list = context.getResults().initCalls(calls.size());
    size_t i = 0;
    for (auto& [method, count] : calls) {
      auto entry = list[i++];
      entry.setMethod(method);
      entry.setCalls(count.calls);
      entry.setFailures(count.failures);
      entry.setTotalMicros(count.totalMicros);
      entry.setMaxMicros(count.maxMicros);
    }
    return kj::READY_NOW;
  }

 private:
  KernelParts& parts_;
  Client client_;
};

class KernelServer final : public schema::Kernel::Server {
 public:
  KernelServer(KernelParts& parts, Client client) : parts_(parts), client_(std::move(client)) {}

  kj::Promise<void> objects(ObjectsContext context) override {
    require(client_, Rights::read, "use this daemon");
    context.getResults().setObjects(parts_.objectsFor(client_));
    return kj::READY_NOW;
  }

  kj::Promise<void> events(EventsContext context) override {
    require(client_, Rights::read, "use this daemon");
    context.getResults().setBus(parts_.eventsFor(client_));
    return kj::READY_NOW;
  }

  kj::Promise<void> service(ServiceContext context) override {
    auto parameters = context.getParams();
    require(client_, Rights::full, kj::str("use the ", parameters.getKind(), " service").cStr());
    context.getResults().setService(
        parts_.plugins().service(view(parameters.getKind()), view(parameters.getName())));
    return kj::READY_NOW;
  }

  kj::Promise<void> plugins(PluginsContext context) override {
    require(client_, Rights::read, "use this daemon");
    context.getResults().setPlugins(kj::heap<PluginsServer>(parts_, client_));
    return kj::READY_NOW;
  }

  kj::Promise<void> info(InfoContext context) override {
    require(client_, Rights::read, "use this daemon");
    parts_.fillInfo(context.getResults().initInfo());
    return kj::READY_NOW;
  }

  kj::Promise<void> schemas(SchemasContext context) override {
    require(client_, Rights::read, "use this daemon");
    auto schemas = parts_.plugins().methods().all();
    auto nodes = context.getResults().initNodes(schemas.size());
    for (size_t i = 0; i < schemas.size(); i++) nodes.setWithCaveats(i, schemas[i].getProto());
    return kj::READY_NOW;
  }

  kj::Promise<void> reload(ReloadContext context) override {
    require(client_, Rights::full, "reload the configuration");
    return parts_.reload().then([context](plugin::ReloadReport report) mutable {
      auto results = context.getResults();
      fillTexts(results.initApplied(report.applied.size()), report.applied);
      fillTexts(results.initRestart(report.restart.size()), report.restart);
    });
  }

  kj::Promise<void> shutdown(ShutdownContext context) override {
    require(client_, Rights::full, "shut the daemon down");
    log(schema::LogLevel::INFO, "kernel", client_.name + " asked the daemon to end");
    parts_.shutdown();
    return kj::READY_NOW;
  }

 private:
  KernelParts& parts_;
  Client client_;
};

}  // namespace

schema::Kernel::Client newKernelServer(KernelParts& parts, Client client) {
  return kj::heap<KernelServer>(parts, std::move(client));
}

}  // namespace stave::rpc
