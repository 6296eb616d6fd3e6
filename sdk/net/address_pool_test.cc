#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/net/address_pool.h>

namespace stave::net {
namespace {

Prefix prefix(std::string_view text) {
  return Prefix::parse(text, "test");
}
Address address(std::string_view text) {
  return Address::parse(text, "test");
}

template <typename Function>
ErrorCode errorOf(Function function) {
  try {
    function();
  } catch (const kj::Exception& exception) {
    return codeOf(exception);
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::INTERNAL;
}

TEST(AddressPool, GivesEachAddressOnceAndThenSaysSo) {
  AddressPool pool(prefix("10.0.0.0/29"));
  pool.reserve(address("10.0.0.1"));
  std::set<Address> given;
  for (int i = 0; i < 5; ++i) given.insert(pool.allocate());
  EXPECT_EQ(given.size(), 5u);
  EXPECT_FALSE(given.contains(address("10.0.0.0")));
  EXPECT_FALSE(given.contains(address("10.0.0.1")));
  EXPECT_FALSE(given.contains(address("10.0.0.7")));
  EXPECT_EQ(errorOf([&] { pool.allocate(); }), ErrorCode::EXHAUSTED);
  pool.release(address("10.0.0.4"));
  EXPECT_EQ(pool.allocate(), address("10.0.0.4"));
}

TEST(AddressPool, LetsAReleasedAddressRest) {
  AddressPool pool(prefix("10.0.0.0/24"));
  auto first = pool.allocate();
  pool.release(first);
  EXPECT_NE(pool.allocate(), first);
}

TEST(AddressPool, KeepsToItsRangeButReservesAnywhere) {
  AddressPool pool(prefix("10.0.0.0/24"), prefix("10.0.0.128/31"));
  EXPECT_EQ(pool.allocate(), address("10.0.0.128"));
  EXPECT_EQ(pool.allocate(), address("10.0.0.129"));
  EXPECT_EQ(errorOf([&] { pool.allocate(); }), ErrorCode::EXHAUSTED);
  pool.reserve(address("10.0.0.5"));
  EXPECT_EQ(errorOf([&] { pool.reserve(address("10.0.0.5")); }), ErrorCode::CONFLICT);
  EXPECT_EQ(errorOf([&] { pool.reserve(address("10.0.1.5")); }), ErrorCode::INVALID);
  EXPECT_EQ(errorOf([&] { pool.reserve(address("10.0.0.255")); }), ErrorCode::INVALID);
  EXPECT_EQ(errorOf([&] { AddressPool(prefix("10.0.0.0/24"), prefix("10.1.0.0/24")); }),
            ErrorCode::INVALID);
}

TEST(AddressPool, ServesHugeIpv6Subnets) {
  AddressPool pool(prefix("fd00::/64"));
  EXPECT_EQ(pool.allocate().text(), "fd00::1");
  EXPECT_EQ(pool.allocate().text(), "fd00::2");
}

TEST(SubnetPool, SkipsWhatOverlaps) {
  SubnetPool pool({{prefix("10.88.0.0/14"), 24}, {prefix("fd00::/16"), 64}});
  EXPECT_EQ(pool.choose(Family::ipv4, {}).text(), "10.88.0.0/24");
  EXPECT_EQ(pool.choose(Family::ipv4, {prefix("10.88.0.0/24")}).text(), "10.88.1.0/24");
  EXPECT_EQ(pool.choose(Family::ipv4, {prefix("10.88.0.0/16")}).text(), "10.89.0.0/24");
  EXPECT_EQ(pool.choose(Family::ipv4, {prefix("10.88.0.7/32")}).text(), "10.88.1.0/24");
  EXPECT_EQ(pool.choose(Family::ipv6, {prefix("fd00::/64")}).text(), "fd00:0:0:1::/64");
}

TEST(SubnetPool, SaysWhenNothingIsLeft) {
  SubnetPool pool({{prefix("10.88.0.0/23"), 24}});
  EXPECT_EQ(errorOf([&] { pool.choose(Family::ipv4, {prefix("10.0.0.0/8")}); }),
            ErrorCode::EXHAUSTED);
  EXPECT_EQ(errorOf([&] {
              pool.choose(Family::ipv4, {prefix("10.88.0.0/24"), prefix("10.88.1.0/24")});
            }),
            ErrorCode::EXHAUSTED);
  EXPECT_EQ(errorOf([&] { pool.choose(Family::ipv6, {}); }), ErrorCode::EXHAUSTED);
  EXPECT_EQ(errorOf([&] { SubnetPool wrong({{prefix("10.88.0.0/16"), 8}}); }), ErrorCode::INVALID);
}

}  // namespace
}  // namespace stave::net
