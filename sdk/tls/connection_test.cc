#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/tls.h>

namespace stave {
namespace {

TEST(TlsAddressTest, HasAHostAndPerhapsAPort) {
  EXPECT_EQ(TlsAddress("tls://a.example").host, "a.example");
  EXPECT_EQ(TlsAddress("tls://a.example").port, "7070");
  EXPECT_EQ(TlsAddress("tls://a.example:1").port, "1");
  EXPECT_EQ(TlsAddress("tls://[::1]:80").host, "::1");
  EXPECT_EQ(TlsAddress("tls://[::1]:80").port, "80");
  for (auto bad : {"tls://", "tls://a:", "tls://a:b", "tls://:1", "tls://[::1", "tcp://a:1"})
    EXPECT_ANY_THROW(TlsAddress{bad}) << bad;
}

TEST(ConnectTlsTest, WithoutCertificatesNobodyIsAsked) {
  auto io = kj::setupAsyncIo();
  auto attempt = [&](const TlsOptions& options) -> std::string {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   auto connecting = connectTls(io, "tls://localhost:1", options).promise();
                   connecting.wait(io.waitScope);
                 })) {
      return std::string(nameOf(codeOf(*exception))) + " " + textOf(*exception);
    }
    return "";
  };
  EXPECT_EQ(attempt({}), "invalid TLS needs a file in PEM form: give --tls-ca FILE");
  EXPECT_EQ(attempt({"/no/such.pem", "", "", ""}).find("not-found "), 0u);
  EXPECT_EQ(attempt({"/proc/self/comm", "", "", ""}),
            "invalid --tls-ca: /proc/self/comm holds no certificate in PEM form");
}

}  // namespace
}  // namespace stave
