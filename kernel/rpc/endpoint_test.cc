#include "kernel/rpc/endpoint.h"

#include <gtest/gtest.h>
#include <stave/client.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/os/unix_socket.h>
#include <stdlib.h>
#include <unistd.h>

#include <optional>

namespace stave::rpc {
namespace {

/// Says who its client is.
class WhoServer final : public schema::Kernel::Server {
 public:
  explicit WhoServer(Client client) : client_(std::move(client)) {}
  kj::Promise<void> info(InfoContext context) override {
    context.getResults().initInfo().setNode(client_.name);
    return kj::READY_NOW;
  }

 private:
  Client client_;
};

struct EndpointTest : ::testing::Test {
  EndpointTest() {
    char pattern[] = "/tmp/stave-endpoint-XXXXXX";
    directory = mkdtemp(pattern);
  }
  ~EndpointTest() noexcept override {
    endpoint.reset();
    os::removeTree(directory);
  }

  Endpoint& make(std::optional<Endpoint>& place, const std::string& more = "") {
    auto text =
        "[stack]\nstore = \"memory\"\n[endpoint]\nsocket = \"" + socketPath() + "\"\n" + more;
    auto config = config::interpret(config::parseToml(text, "x.toml"), "/usr/bin");
    place.emplace(loop, config, [](Client client) -> schema::Kernel::Client {
      return kj::heap<WhoServer>(std::move(client));
    });
    return *place;
  }
  std::string socketPath() { return directory + "/stave.sock"; }

  std::string whoAmI() {
    Connection connection(loop.port(), connectToKernel(socketPath()), false, nullptr);
    auto kernel = connection.peer().castAs<schema::Kernel>();
    return loop.wait(kernel.infoRequest().send().then(
        [](auto&& response) { return std::string(response.getInfo().getNode().cStr()); }));
  }
  ErrorCode codeOfFailure(kj::Function<void()> work) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { work(); })) return codeOf(*exception);
    ADD_FAILURE() << "it worked";
    return ErrorCode::INTERNAL;
  }

  std::string directory;
  Loop loop;
  std::optional<Endpoint> endpoint;
};

TEST_F(EndpointTest, ServesWhoConnectsAsWhoItIs) {
  make(endpoint).reserve();
  endpoint->listen();
  EXPECT_EQ(whoAmI(), "user/" + os::userName(getuid()));
  EXPECT_EQ(whoAmI(), "user/" + os::userName(getuid()));
}

TEST_F(EndpointTest, ASecondDaemonIsRefused) {
  make(endpoint).reserve();
  std::optional<Endpoint> second;
  EXPECT_EQ(codeOfFailure([&]() { make(second).reserve(); }), ErrorCode::CONFLICT);
  second.reset();
  EXPECT_TRUE(os::exists(socketPath())) << "the place is still the first one's";
}

TEST_F(EndpointTest, ASocketThatNobodyServesIsReplaced) {
  { auto stale = os::listenUnix(socketPath(), 0600, ""); }
  ASSERT_TRUE(os::exists(socketPath()));
  make(endpoint).reserve();
  endpoint->listen();
  EXPECT_NE(whoAmI(), "");
}

TEST_F(EndpointTest, TheSocketGoesWithIt) {
  make(endpoint).reserve();
  EXPECT_TRUE(os::exists(socketPath()));
  endpoint.reset();
  EXPECT_FALSE(os::exists(socketPath()));
}

TEST_F(EndpointTest, TcpNeedsCertificates) {
  make(endpoint, "[endpoint.tls]\naddress = \"127.0.0.1:0\"\n").reserve();
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { endpoint->listen(); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    EXPECT_NE(textOf(*exception).find("endpoint.tls: certificate is missing"), std::string::npos);
  } else {
    FAIL() << "TCP without TLS was served";
  }
}

}  // namespace
}  // namespace stave::rpc
