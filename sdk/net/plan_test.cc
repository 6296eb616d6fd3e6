#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/net/plan.h>

namespace stave::net {
namespace {

SubnetPool pool() {
  return SubnetPool(
      {{Prefix::parse("10.88.0.0/16", "x"), 24}, {Prefix::parse("fd53::/48", "x"), 64}});
}

Subnet subnet(std::string_view cidr) {
  return {Prefix::parse(cidr, "x"), {}, {}, {}};
}

ErrorCode errorOf(const NetworkWish& wish, const std::vector<Occupied>& occupied = {}) {
  try {
    planSubnets(wish, pool(), occupied);
  } catch (const kj::Exception& exception) {
    return codeOf(exception);
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::INTERNAL;
}

TEST(PlanSubnets, ChoosesWhatIsNotNamed) {
  NetworkWish wish{"net"};
  auto four = planSubnets(wish, pool(), {{Prefix::parse("10.88.0.0/24", "x"), "network other"}});
  ASSERT_EQ(four.size(), 1u);
  EXPECT_EQ(four[0].prefix.text(), "10.88.1.0/24");
  EXPECT_EQ(four[0].gateway.text(), "10.88.1.1");
  wish.ipv6 = true;
  EXPECT_EQ(planSubnets(wish, pool(), {})[1].gateway.text(), "fd53::1");
}

TEST(PlanSubnets, NamesWhoIsInTheWay) {
  NetworkWish wish{"net", {subnet("10.1.0.0/16")}};
  EXPECT_EQ(errorOf(wish, {{Prefix::parse("10.0.0.0/8", "x"), "a route of eth0"}}),
            ErrorCode::CONFLICT);
  EXPECT_EQ(planSubnets(wish, pool(), {})[0].prefix.text(), "10.1.0.0/16");
}

TEST(PlanSubnets, RefusesWhatCannotBe) {
  EXPECT_EQ(errorOf({"net", {subnet("10.1.0.0/31")}}), ErrorCode::INVALID);
  EXPECT_EQ(errorOf({"net", {subnet("10.1.0.0/24"), subnet("10.2.0.0/24")}}), ErrorCode::INVALID);
  auto outside = subnet("10.1.0.0/24");
  outside.gateway = Address::parse("10.2.0.1", "x");
  EXPECT_EQ(errorOf({"net", {outside}}), ErrorCode::INVALID);
  auto range = subnet("10.1.0.0/24");
  range.range = Prefix::parse("10.2.0.0/25", "x");
  EXPECT_EQ(errorOf({"net", {range}}), ErrorCode::INVALID);
}

TEST(NetworkWish, ReadsItsOptionsStrictly) {
  NetworkWish wish{"net"};
  wish.options = {{"mtu", "1400"}, {"isolation", "false"}};
  EXPECT_EQ(wish.mtu(1500), 1400u);
  EXPECT_FALSE(wish.flag("isolation", true));
  EXPECT_NO_THROW(wish.checkOptions({"mtu", "isolation"}));
  EXPECT_THROW(wish.checkOptions({"mtu"}), kj::Exception);
  for (auto wrong : {"12", "x", "1400x", "70000", "-1"}) {
    wish.options["mtu"] = wrong;
    EXPECT_THROW(wish.mtu(1500), kj::Exception) << wrong;
  }
}

}  // namespace
}  // namespace stave::net
