#include <fcntl.h>
#include <fmt/format.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/null_services.h>

#include <map>
#include <set>

namespace stave::testing {

namespace {

class NullNetwork final : public schema::Network::Server {
 public:
  kj::Promise<void> createNetwork(CreateNetworkContext context) override {
    networks_.insert(context.getParams().getName().cStr());
    auto status = context.getResults().initStatus();
    status.setPhase(schema::NetworkStatus::Phase::READY);
    status.setDriver("null");
    return kj::READY_NOW;
  }

  kj::Promise<void> removeNetwork(RemoveNetworkContext context) override {
    std::string name = context.getParams().getName().cStr();
    for (auto& [key, address] : endpoints_) {
      if (key.first == name) fail(ErrorCode::CONFLICT, "network " + name + " has endpoints");
    }
    networks_.erase(name);
    return kj::READY_NOW;
  }

  kj::Promise<void> createSandbox(CreateSandboxContext context) override {
    context.getResults().setNamespace(makeFd(os::open("/proc/self/ns/net", O_RDONLY)));
    return kj::READY_NOW;
  }

  kj::Promise<void> attach(AttachContext context) override {
    auto request = context.getParams().getRequest();
    std::string network = request.getNetwork().cStr();
    if (networks_.count(network) == 0) fail(ErrorCode::NOT_FOUND, "network " + network);
    auto number = endpoints_.insert({{network, request.getEndpoint().cStr()}, next_}).first->second;
    next_ = std::max(next_, number + 1);
    auto status = context.getResults().initStatus();
    fill(status, number);
    if (request.getInterfaceName() != "") status.setInterfaceName(request.getInterfaceName());
    status.setPorts(request.getPorts());
    return kj::READY_NOW;
  }

  kj::Promise<void> detach(DetachContext context) override {
    auto params = context.getParams();
    endpoints_.erase({params.getNetwork().cStr(), params.getEndpoint().cStr()});
    return kj::READY_NOW;
  }

  kj::Promise<void> endpoints(EndpointsContext context) override {
    auto list = context.getResults().initEndpoints(endpoints_.size());
    unsigned i = 0;
    for (auto& [key, number] : endpoints_) {
      list[i].setNetwork(key.first);
      list[i].setEndpoint(key.second);
      fill(list[i++].initStatus(), number);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> statistics(StatisticsContext context) override {
    auto params = context.getParams();
    if (endpoints_.count({params.getNetwork().cStr(), params.getEndpoint().cStr()}) == 0) {
      fail(ErrorCode::NOT_FOUND, std::string("endpoint ") + params.getEndpoint().cStr());
    }
    return kj::READY_NOW;
  }

 private:
  static void fill(schema::EndpointStatus::Builder status, unsigned number) {
    status.setInterfaceName("eth0");
    status.setIpv4(fmt::format("192.0.2.{}/24", number % 250 + 2));
    status.setGateway4("192.0.2.1");
  }

  std::set<std::string> networks_;
  std::map<std::pair<std::string, std::string>, unsigned> endpoints_;
  unsigned next_ = 0;
};

}  // namespace

schema::Network::Client newNullNetwork() {
  return kj::heap<NullNetwork>();
}

}  // namespace stave::testing
