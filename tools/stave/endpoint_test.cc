#include "endpoint.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "flags.h"

namespace stave::cli {
namespace {

using Words = std::vector<std::string>;

struct EndpointTest : ::testing::Test {
  EndpointTest() {
    for (auto name : {"HOST", "TLS_CA", "TLS_CERT", "TLS_KEY", "TLS_NAME"})
      ::unsetenv((std::string("STAVE_") + name).c_str());
  }
};

TEST_F(EndpointTest, IsTheSocketUnlessToldOtherwise) {
  Words words{"ps", "-H", "x"};
  auto endpoint = takeEndpoint(words);
  EXPECT_EQ(endpoint.address, "unix:///run/stave/stave.sock");
  EXPECT_FALSE(endpoint.isTls());
  EXPECT_EQ(words, (Words{"ps", "-H", "x"}));
}

TEST_F(EndpointTest, OptionsStandBeforeTheCommand) {
  Words words{"-H", "tls://a:1", "--tls-ca=ca.pem", "--tls-cert", "c", "--tls-key", "k",
              "ps", "-a"};
  auto endpoint = takeEndpoint(words);
  EXPECT_TRUE(endpoint.isTls());
  EXPECT_EQ(endpoint.address, "tls://a:1");
  EXPECT_EQ(endpoint.tls.authority, "ca.pem");
  EXPECT_EQ(endpoint.tls.certificate, "c");
  EXPECT_EQ(endpoint.tls.key, "k");
  EXPECT_EQ(words, (Words{"ps", "-a"}));
}

TEST_F(EndpointTest, TheEnvironmentIsWhatIsNotSaid) {
  ::setenv("STAVE_HOST", "tls://b", 1);
  ::setenv("STAVE_TLS_NAME", "b.example", 1);
  Words words{"--host=tls://c", "ps"};
  auto endpoint = takeEndpoint(words);
  EXPECT_EQ(endpoint.address, "tls://c");
  EXPECT_EQ(endpoint.tls.name, "b.example");
  ::unsetenv("STAVE_HOST");
  ::unsetenv("STAVE_TLS_NAME");
}

TEST_F(EndpointTest, Mistakes) {
  for (auto& line : {Words{"--hots", "x", "ps"}, Words{"-H"}, Words{"--tls-ca"}}) {
    auto words = line;
    EXPECT_THROW(takeEndpoint(words), UsageError) << words[0];
  }
}

}  // namespace
}  // namespace stave::cli
