#include <gtest/gtest.h>
#include <stave/net/dns_message.h>
#include <stave/net/dns_server.h>
#include <stave/net/sandbox.h>
#include <stave/os/netns.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

namespace stave::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

Address address(std::string_view text) {
  return Address::parse(text, "test");
}

std::string question(std::string_view name) {
  std::string message("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  message += static_cast<char>(name.size());
  return message + std::string(name) + std::string("\0\0\1\0\1", 5);
}

/// A server of other names on 127.0.0.1, of which each test says how it behaves.
class Upstream {
 public:
  enum class Manner { answers, silent, lies, truncates };

  Upstream(asio::io_context& context, Manner manner)
      : manner_(manner),
        udp_(context, udp::endpoint(asio::ip::address_v4::loopback(), 0)),
        tcp_(context,
             tcp::endpoint(asio::ip::address_v4::loopback(), udp_.local_endpoint().port())),
        connection_(context) {
    receive();
    tcp_.async_accept(connection_, [this](auto error) {
      if (!error) serveTcp();
    });
  }

  uint16_t port() { return udp_.local_endpoint().port(); }
  unsigned asked = 0;

 private:
  void receive() {
    udp_.async_receive_from(asio::buffer(buffer_), peer_, [this](auto error, size_t size) {
      if (error) return;
      ++asked;
      std::string message(buffer_.data(), size);
      if (manner_ != Manner::silent) udp_.send_to(asio::buffer(answer(message, false)), peer_);
      receive();
    });
  }

  std::string answer(const std::string& message, bool overTcp) {
    auto query = *dns::parseQuery(message);
    dns::Content content{{address("203.0.113.9")}};
    auto response = dns::respond(message, query, dns::Code::ok, content, 512);
    if (manner_ == Manner::lies) dns::setId(response, static_cast<uint16_t>(query.id + 1));
    if (manner_ == Manner::truncates && !overTcp) response[2] |= 2;
    return response;
  }

  void serveTcp() {
    std::string length(2, '\0');
    asio::read(connection_, asio::buffer(length));
    std::string message(static_cast<size_t>(length[0] << 8 | length[1]), '\0');
    asio::read(connection_, asio::buffer(message));
    auto response = answer(message, true);
    length = {static_cast<char>(response.size() >> 8), static_cast<char>(response.size())};
    asio::write(connection_, asio::buffer(length + response));
  }

  Manner manner_;
  udp::socket udp_;
  tcp::acceptor tcp_;
  tcp::socket connection_;
  udp::endpoint peer_;
  std::array<char, 4096> buffer_;
};

/// A server on 127.0.0.1 in a namespace of its own, whose one pod is 127.0.0.1 as well.
struct DnsServerTest : testing::Test {
  DnsServerTest() : before(os::currentNetworkNamespace()), own(makeSandbox()) {
    os::enterNetworkNamespace(own.get());
    NetworkRecord network;
    network.name = "net";
    network.subnets.push_back({Prefix::parse("127.0.0.0/8", "x"), {}, {}, {}});
    directory.setNetwork(network);
    EndpointRecord pod;
    pod.network = "net";
    pod.ipv4 = address("127.0.0.1");
    pod.names = {"web"};
    directory.setEndpoint(pod);
  }
  ~DnsServerTest() noexcept override { os::enterNetworkNamespace(before.get()); }

  void start(std::vector<Upstream*> upstreams) {
    options.timeoutMs = 100;
    for (auto upstream : upstreams) {
      options.upstream.push_back(address("127.0.0.1"));
      options.upstreamPorts.push_back(upstream->port());
    }
    server.emplace(context, directory, options);
    EXPECT_TRUE(server->listen({address("127.0.0.53")}).empty());
  }

  /// The response, empty if none comes in two seconds.
  std::string ask(const std::string& message) {
    udp::socket socket(context, udp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    socket.send_to(asio::buffer(message), {asio::ip::make_address("127.0.0.53"), 53});
    std::string buffer(4096, '\0'), response;
    socket.async_receive(asio::buffer(buffer), [&](auto error, size_t size) {
      if (!error) response = buffer.substr(0, size);
    });
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (response.empty() && std::chrono::steady_clock::now() < end) {
      context.run_for(std::chrono::milliseconds(20));
      context.restart();
    }
    socket.close();
    context.run_for(std::chrono::milliseconds(1));
    context.restart();
    return response;
  }
  int codeOf(const std::string& name) {
    auto response = ask(question(name));
    return response.size() < 4 ? -1 : response[3] & 15;
  }

  kj::AutoCloseFd before, own;
  asio::io_context context;
  DnsDirectory directory;
  DnsOptions options;
  std::optional<DnsServer> server;
};

TEST_F(DnsServerTest, AnswersItsOwnNamesWithoutAskingAnybody) {
  Upstream upstream(context, Upstream::Manner::answers);
  start({&upstream});
  auto response = ask(question("web"));
  ASSERT_GT(response.size(), 4u);
  EXPECT_EQ(response.substr(response.size() - 4), std::string("\x7f\0\0\1", 4));
  EXPECT_EQ(upstream.asked, 0u);
}

TEST_F(DnsServerTest, ForwardsOtherNames) {
  Upstream upstream(context, Upstream::Manner::answers);
  start({&upstream});
  auto response = ask(question("other"));
  EXPECT_TRUE(dns::answers(response, question("other"), question("other").size()));
  EXPECT_EQ(response.substr(response.size() - 4), std::string("\xcb\0\x71\x09", 4));
}

TEST_F(DnsServerTest, GoesToTheNextServerWhenOneIsSilentOrLies) {
  Upstream silent(context, Upstream::Manner::silent), liar(context, Upstream::Manner::lies),
      good(context, Upstream::Manner::answers);
  start({&silent, &liar, &good});
  EXPECT_EQ(codeOf("other"), 0);
  EXPECT_EQ(silent.asked, 1u);
  EXPECT_EQ(liar.asked, 1u);
}

TEST_F(DnsServerTest, AsksOverTcpWhenAnAnswerIsCutOff) {
  Upstream upstream(context, Upstream::Manner::truncates);
  start({&upstream});
  auto response = ask(question("other"));
  ASSERT_FALSE(response.empty());
  EXPECT_FALSE(dns::isTruncated(response));
}

TEST_F(DnsServerTest, SaysServerFailureWhenNobodyAnswers) {
  Upstream silent(context, Upstream::Manner::silent);
  start({&silent});
  EXPECT_EQ(codeOf("other"), 2);
  EXPECT_EQ(silent.asked, options.attempts);
}

TEST_F(DnsServerTest, RefusesMoreThanItsBoundOfOpenQuestions) {
  Upstream upstream(context, Upstream::Manner::answers);
  options.maximumOutstanding = 0;
  start({&upstream});
  EXPECT_EQ(codeOf("other"), 2);
}

TEST_F(DnsServerTest, RefusesWhoeverIsNoPod) {
  Upstream upstream(context, Upstream::Manner::answers);
  start({&upstream});
  directory.removeEndpoint({"net", ""});
  EXPECT_EQ(codeOf("web"), 5);
  EXPECT_EQ(upstream.asked, 0u);
}

TEST_F(DnsServerTest, IgnoresGarbageAndGoesOn) {
  Upstream upstream(context, Upstream::Manner::answers);
  start({&upstream});
  udp::socket socket(context, udp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  for (auto& garbage :
       {std::string(), std::string("x"), std::string(12, '\xff'), std::string(600, 'a')}) {
    socket.send_to(asio::buffer(garbage), {asio::ip::make_address("127.0.0.53"), 53});
  }
  EXPECT_EQ(codeOf("web"), 0);
}

TEST_F(DnsServerTest, StopsListening) {
  start({});
  EXPECT_TRUE(server->listensAt(address("127.0.0.53")));
  server->listen({});
  EXPECT_FALSE(server->listensAt(address("127.0.0.53")));
  server.reset();
  udp::socket again(context, udp::endpoint(asio::ip::make_address("127.0.0.53"), 53));
}

TEST(NameserversIn, ReadsWhatResolversRead) {
  auto servers = nameserversIn(
      "# x\nnameserver 10.0.0.53\nsearch a b\nnameserver\tfd00::53 # y\n"
      "nameserver nonsense\nnameserver\nnameserver10.0.0.1");
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0].text(), "10.0.0.53");
  EXPECT_EQ(servers[1].text(), "fd00::53");
}

}  // namespace
}  // namespace stave::net
