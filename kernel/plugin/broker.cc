#include "kernel/plugin/broker.h"

#include "stave/os/file.h"

namespace stave::plugin {

namespace {

std::string_view view(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

class Broker final : public schema::Broker::Server {
 public:
  Broker(Resources& resources, Grants grants, BrokerPaths paths)
      : resources_(resources), grants_(std::move(grants)), paths_(std::move(paths)) {}

  kj::Promise<void> objects(ObjectsContext context) override {
    if (!grants_.anyObjects()) grants_.deny("the object store", "objects");
    context.getResults().setObjects(resources_.objectsFor(grants_));
    return kj::READY_NOW;
  }

  kj::Promise<void> events(EventsContext context) override {
    if (!grants_.events()) grants_.deny("the event bus", "events");
    context.getResults().setBus(resources_.eventsFor(grants_));
    return kj::READY_NOW;
  }

  kj::Promise<void> service(ServiceContext context) override {
    std::string kind(context.getParams().getKind().cStr());
    std::string name(context.getParams().getName().cStr());
    if (name.empty()) {
      auto names = resources_.names(kind);
      if (!names.empty()) name = names[0];
    }
    if (!grants_.service(kind, name)) grants_.deny(kind + "/" + name, kind);
    context.getResults().setService(resources_.service(kind, name));
    return kj::READY_NOW;
  }

  kj::Promise<void> names(NamesContext context) override {
    auto names = resources_.names(view(context.getParams().getKind()));
    auto list = context.getResults().initNames(names.size());
    for (size_t i = 0; i < names.size(); i++) list.set(i, names[i]);
    return kj::READY_NOW;
  }

  kj::Promise<void> log(LogContext context) override {
    auto parameters = context.getParams();
    resources_.log(parameters.getLevel(), grants_.owner(), view(parameters.getMessage()),
                   parameters.getFields());
    return kj::READY_NOW;
  }

  kj::Promise<void> paths(PathsContext context) override {
    os::makeDirectories(paths_.state, 0700);
    os::makeDirectories(paths_.run, 0700);
    auto results = context.getResults();
    results.setState(paths_.state);
    results.setRun(paths_.run);
    results.setNode(paths_.node);
    return kj::READY_NOW;
  }

  kj::Promise<void> kernel(KernelContext context) override {
    if (!grants_.kernel()) grants_.deny("the kernel's client interface", "kernel");
    context.getResults().setKernel(resources_.kernelFor(grants_));
    return kj::READY_NOW;
  }

 private:
  Resources& resources_;
  Grants grants_;
  BrokerPaths paths_;
};

}  // namespace

schema::Broker::Client newBroker(Resources& resources, Grants grants, BrokerPaths paths) {
  return kj::heap<Broker>(resources, std::move(grants), std::move(paths));
}

}  // namespace stave::plugin
