#include "kernel/rpc/kernel_server.h"

#include <gtest/gtest.h>
#include <stave/error.h>

#include <functional>
#include <optional>

namespace stave::rpc {
namespace {

class NoResources final : public plugin::Resources {
 public:
  schema::Objects::Client objectsFor(const plugin::Grants&) override { return nullptr; }
  schema::EventBus::Client eventsFor(const plugin::Grants&) override { return nullptr; }
  schema::Kernel::Client kernelFor(const plugin::Grants&) override { return nullptr; }
  capnp::Capability::Client service(std::string_view, std::string_view) override { return nullptr; }
  std::vector<std::string> names(std::string_view) override { return {}; }
  void log(schema::LogLevel, std::string_view, std::string_view,
           capnp::List<schema::KeyValue>::Reader) override {}
};

/// A kernel of which nothing has started.
struct Parts final : KernelParts {
  schema::Objects::Client objectsFor(const Client& client) override {
    asked += "objects for " + client.name + "; ";
    return nullptr;
  }
  schema::EventBus::Client eventsFor(const Client&) override { return nullptr; }
  plugin::PluginSet& plugins() override { return set; }
  void fillInfo(schema::Info::Builder info) override { info.setNode("here"); }
  kj::Promise<plugin::ReloadReport> reload() override {
    asked += "reload; ";
    return plugin::ReloadReport{{"volume/a: restarted"}, {"x.toml:4: daemon.root"}};
  }
  void shutdown() override { asked += "shutdown; "; }

  Loop loop;
  NoResources resources;
  config::Config config = config::interpret(
      config::parseToml("[stack]\nstore = \"memory\"\nvolume = \"local\"\n", "x.toml"), "/usr/bin");
  plugin::PluginSet set{loop, config, resources, "here", [](plugin::Supervisor&) {}};
  std::string asked;
};

struct KernelServerTest : ::testing::Test {
  ~KernelServerTest() noexcept override {}

  schema::Kernel::Client as(Rights rights) { return newKernelServer(parts, {"user/test", rights}); }

  template <typename Request>
  std::string errorOf(Request request) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions(
                                [&]() { parts.loop.wait(request.send().ignoreResult()); })) {
      return std::string(nameOf(codeOf(*exception)));
    }
    return "";
  }
  auto service(schema::Kernel::Client kernel, const char* kind) {
    auto request = kernel.serviceRequest();
    request.setKind(kind);
    return request;
  }

  Parts parts;
};

TEST_F(KernelServerTest, WithoutRightsThereIsNothing) {
  auto kernel = as(Rights::none);
  for (auto& error : {errorOf(kernel.objectsRequest()), errorOf(kernel.eventsRequest()),
                      errorOf(kernel.infoRequest()), errorOf(kernel.pluginsRequest()),
                      errorOf(kernel.schemasRequest()), errorOf(service(kernel, "volume")),
                      errorOf(kernel.reloadRequest()), errorOf(kernel.shutdownRequest())}) {
    EXPECT_EQ(error, "denied");
  }
  EXPECT_EQ(parts.asked, "");
}

TEST_F(KernelServerTest, WhoMayReadMayLook) {
  auto kernel = as(Rights::read);
  EXPECT_EQ(errorOf(kernel.objectsRequest()), "");
  EXPECT_EQ(errorOf(kernel.infoRequest()), "");
  EXPECT_EQ(errorOf(kernel.schemasRequest()), "");
  EXPECT_EQ(errorOf(service(kernel, "volume")), "denied");
  EXPECT_EQ(errorOf(kernel.reloadRequest()), "denied");
  EXPECT_EQ(errorOf(kernel.shutdownRequest()), "denied");
  EXPECT_EQ(parts.asked, "objects for user/test; ");
}

TEST_F(KernelServerTest, ManagingPluginsNeedsFullRights) {
  auto plugins = as(Rights::read).pluginsRequest().send().getPlugins();
  auto about = [this](const char* name, auto request) {
    request.setName(name);
    return errorOf(kj::mv(request));
  };
  EXPECT_EQ(about("volume/local", plugins.restartRequest()), "denied");
  EXPECT_EQ(about("volume/local", plugins.swapRequest()), "denied");
  EXPECT_EQ(about("volume/local", plugins.metricsRequest()), "");
  EXPECT_EQ(about("volume/nobody", plugins.metricsRequest()), "not-found");
}

TEST_F(KernelServerTest, FullRightsReachServicesByKindAndName) {
  auto kernel = as(Rights::full);
  EXPECT_EQ(errorOf(service(kernel, "volume")), "");
  EXPECT_EQ(errorOf(service(kernel, "teapot")), "not-found");
}

TEST_F(KernelServerTest, ReloadTellsWhatBecameOfIt) {
  auto text = parts.loop.wait(as(Rights::full).reloadRequest().send().then([](auto&& response) {
    return std::string(response.getApplied()[0].cStr()) + ", " + response.getRestart()[0].cStr();
  }));
  EXPECT_EQ(text, "volume/a: restarted, x.toml:4: daemon.root");
  EXPECT_EQ(errorOf(as(Rights::full).shutdownRequest()), "");
  EXPECT_EQ(parts.asked, "reload; shutdown; ");
}

TEST_F(KernelServerTest, SchemasHaveEveryContract) {
  auto found = parts.loop.wait(as(Rights::read).schemasRequest().send().then([](auto&& response) {
    std::string names;
    for (auto node : response.getNodes()) names += std::string(node.getDisplayName().cStr()) + "\n";
    return names;
  }));
  for (auto* name : {":Kernel\n", ":Storage\n", ":PodSpec\n"}) {
    EXPECT_NE(found.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace stave::rpc
