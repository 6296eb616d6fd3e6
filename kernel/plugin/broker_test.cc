#include "kernel/plugin/broker.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "stave/error.h"
#include "stave/loop.h"
#include "stave/os/file.h"

namespace stave::plugin {
namespace {

/// Notes what is asked for.
class NotingResources final : public Resources {
 public:
  schema::Objects::Client objectsFor(const Grants& grants) override {
    asked += "objects for " + grants.owner() + "; ";
    return nullptr;
  }
  schema::EventBus::Client eventsFor(const Grants&) override {
    asked += "events; ";
    return nullptr;
  }
  schema::Kernel::Client kernelFor(const Grants&) override {
    asked += "kernel; ";
    return nullptr;
  }
  capnp::Capability::Client service(std::string_view kind, std::string_view name) override {
    asked += std::string(kind) + "/" + std::string(name) + "; ";
    return nullptr;
  }
  std::vector<std::string> names(std::string_view kind) override {
    if (kind == "network") return {"bridge", "host"};
    return {};
  }
  void log(schema::LogLevel, std::string_view source, std::string_view message,
           capnp::List<schema::KeyValue>::Reader) override {
    asked += std::string(source) + " says " + std::string(message) + "; ";
  }

  std::string asked;
};

struct BrokerTest : ::testing::Test {
  BrokerTest() {
    char pattern[] = "/tmp/stave-broker-XXXXXX";
    directory = mkdtemp(pattern);
  }
  ~BrokerTest() noexcept override { os::removeTree(directory); }

  schema::Broker::Client granted(std::vector<std::string> grants) {
    return newBroker(resources, Grants("engine/node", std::move(grants)),
                     {directory + "/state", directory + "/run", "here"});
  }
  template <typename Request>
  std::string error(Request request) {
    KJ_IF_MAYBE (exception,
                 kj::runCatchingExceptions([&]() { loop.wait(request.send().ignoreResult()); })) {
      EXPECT_EQ(codeOf(*exception), ErrorCode::DENIED);
      return textOf(*exception);
    }
    return "";
  }
  auto service(schema::Broker::Client broker, const char* kind, const char* name) {
    auto request = broker.serviceRequest();
    request.setKind(kind);
    request.setName(name);
    return request;
  }

  std::string directory;
  Loop loop;
  NotingResources resources;
};

TEST_F(BrokerTest, WithoutGrantsThereIsNothing) {
  auto broker = granted({});
  for (auto& text : {error(broker.objectsRequest()), error(broker.eventsRequest()),
                     error(broker.kernelRequest()), error(service(broker, "content", "local"))}) {
    EXPECT_NE(text.find("engine/node"), std::string::npos) << text;
    EXPECT_NE(text.find("[engine.node]"), std::string::npos) << text;
  }
  EXPECT_EQ(resources.asked, "");
}

TEST_F(BrokerTest, AGrantOpensWhatItNames) {
  auto broker = granted({"objects:Pod", "events", "kernel", "network", "content/local"});
  EXPECT_EQ(error(broker.objectsRequest()), "");
  EXPECT_EQ(error(broker.eventsRequest()), "");
  EXPECT_EQ(error(broker.kernelRequest()), "");
  EXPECT_EQ(error(service(broker, "network", "host")), "");
  EXPECT_EQ(error(service(broker, "content", "local")), "");
  EXPECT_NE(error(service(broker, "content", "other")), "");
  EXPECT_EQ(resources.asked,
            "objects for engine/node; events; kernel; network/host; content/local; ");
}

TEST_F(BrokerTest, AnEmptyNameIsTheFirstOfItsKind) {
  auto broker = granted({"network/bridge"});
  EXPECT_EQ(error(service(broker, "network", "")), "");
  EXPECT_EQ(resources.asked, "network/bridge; ");
  EXPECT_NE(error(service(granted({"network/host"}), "network", "")), "");
}

TEST_F(BrokerTest, NamesAndTheLogAreForEverybody) {
  auto broker = granted({});
  auto request = broker.namesRequest();
  request.setKind("network");
  auto response = loop.wait(
      request.send().then([](auto&& answer) { return std::string(answer.getNames()[1].cStr()); }));
  EXPECT_EQ(response, "host");
  auto line = broker.logRequest();
  line.setMessage("hello");
  EXPECT_EQ(error(kj::mv(line)), "");
  EXPECT_EQ(resources.asked, "engine/node says hello; ");
}

TEST_F(BrokerTest, DirectoriesAreMadeAndItsOwn) {
  auto broker = granted({});
  auto state = loop.wait(broker.pathsRequest().send().then([](auto&& answer) {
    EXPECT_STREQ(answer.getNode().cStr(), "here");
    return std::string(answer.getState().cStr());
  }));
  EXPECT_EQ(state, directory + "/state");
  struct stat info;
  ASSERT_EQ(stat(state.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  EXPECT_TRUE(os::exists(directory + "/run"));
}

}  // namespace
}  // namespace stave::plugin
