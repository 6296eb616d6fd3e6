#include <gtest/gtest.h>
#include <stave/net/dns_message.h>

#include <random>

namespace stave::net::dns {
namespace {

/// A question for web.example, type A, with recursion desired.
std::string sampleQuery() {
  return std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12) +
         std::string("\3web\7example\0\0\1\0\1", 17);
}

Address address(std::string_view text) {
  return Address::parse(text, "test");
}

TEST(DnsMessage, ReadsAQuestion) {
  auto query = parseQuery(sampleQuery());
  ASSERT_TRUE(query);
  EXPECT_EQ(query->id, 0x1234);
  EXPECT_EQ(query->name, "web.example");
  EXPECT_EQ(query->type, typeA);
  EXPECT_EQ(query->questionEnd, sampleQuery().size());
  EXPECT_EQ(query->udpLimit, plainUdpLimit);
}

TEST(DnsMessage, ReadsTheSizeThatTheAskerTakes) {
  auto message = sampleQuery() + std::string("\0\0\x29\x10\x00\0\0\0\0\0\0", 11);
  message[11] = 1;
  auto query = parseQuery(message);
  ASSERT_TRUE(query);
  EXPECT_TRUE(query->extended);
  EXPECT_EQ(query->udpLimit, 4096u);
}

TEST(DnsMessage, RefusesWhatIsNotOnePlainQuestion) {
  for (size_t size = 0; size < sampleQuery().size(); ++size) {
    EXPECT_FALSE(parseQuery(sampleQuery().substr(0, size))) << size;
  }
  auto response = sampleQuery();
  response[2] = static_cast<char>(0x81);
  EXPECT_FALSE(parseQuery(response));
  auto two = sampleQuery();
  two[5] = 2;
  EXPECT_FALSE(parseQuery(two));
  auto compressed = sampleQuery();
  compressed[12] = static_cast<char>(0xc0);
  EXPECT_FALSE(parseQuery(compressed));
  auto longName = sampleQuery().substr(0, 12);
  for (int i = 0; i < 6; ++i) longName += static_cast<char>(50) + std::string(50, 'a');
  EXPECT_FALSE(parseQuery(longName + std::string("\0\0\1\0\1", 5)));
}

TEST(DnsMessage, SurvivesEverythingThatCanArrive) {
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    auto message = sampleQuery() + std::string(random() % 20, '\0');
    for (int i = random() % 6; i >= 0; --i)
      message[random() % message.size()] = static_cast<char>(random());
    message.resize(random() % (message.size() + 1));
    auto query = parseQuery(message);
    if (!query) continue;
    auto response =
        respond(message, *query, Code::ok, {{address("10.0.0.1")}, query->name, 0}, 600);
    EXPECT_TRUE(answers(response, message, query->questionEnd));
  }
}

TEST(DnsMessage, AnswersWithAddresses) {
  auto message = sampleQuery();
  auto query = *parseQuery(message);
  auto response =
      respond(message, query, Code::ok, {{address("10.0.0.1"), address("10.0.0.2")}}, 512);
  EXPECT_TRUE(answers(response, message, query.questionEnd));
  EXPECT_FALSE(isTruncated(response));
  EXPECT_EQ(response[7], 2);
  EXPECT_EQ(response.substr(response.size() - 4), std::string("\x0a\0\0\2", 4));
}

TEST(DnsMessage, LeavesOutWhatDoesNotFitAndSaysSo) {
  auto message = sampleQuery();
  auto query = *parseQuery(message);
  Content content;
  for (int i = 0; i < 100; ++i) content.addresses.push_back(address("10.0.0.1"));
  auto response = respond(message, query, Code::ok, content, plainUdpLimit);
  EXPECT_LE(response.size(), plainUdpLimit);
  EXPECT_TRUE(isTruncated(response));
  EXPECT_EQ(fit(response, query, 100).size(), query.questionEnd);
}

TEST(DnsMessage, TakesOnlyAnswersToWhatItAsked) {
  auto message = sampleQuery();
  auto query = *parseQuery(message);
  auto response = respond(message, query, Code::noName, {}, 512);
  EXPECT_TRUE(answers(response, message, query.questionEnd));
  setId(response, 1);
  EXPECT_FALSE(answers(response, message, query.questionEnd));
  setId(response, query.id);
  response[13] = 'x';
  EXPECT_FALSE(answers(response, message, query.questionEnd));
  EXPECT_FALSE(answers(message, message, query.questionEnd));
}

TEST(DnsMessage, ReadsReverseNames) {
  EXPECT_EQ(addressOfReverseName("2.0.88.10.in-addr.arpa"), address("10.88.0.2"));
  EXPECT_EQ(addressOfReverseName("2.0.88.10.IN-ADDR.ARPA"), address("10.88.0.2"));
  EXPECT_EQ(addressOfReverseName("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f."
                                 "ip6.arpa"),
            address("fd00::2"));
  for (auto wrong :
       {"", "in-addr.arpa", "x.in-addr.arpa", "1.2.3.in-addr.arpa", "1.ip6.arpa", "web"}) {
    EXPECT_FALSE(addressOfReverseName(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace stave::net::dns
