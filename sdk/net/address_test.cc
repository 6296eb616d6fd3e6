#include <gtest/gtest.h>
#include <kj/exception.h>
#include <stave/net/address.h>

namespace stave::net {
namespace {

TEST(Address, ParsesAndPrintsBothFamilies) {
  EXPECT_EQ(Address::parse("10.88.0.1", "x").text(), "10.88.0.1");
  EXPECT_EQ(Address::parse("fd00:0:0::1", "x").text(), "fd00::1");
  EXPECT_EQ(Address::parse("0.0.0.0", "x").number(), 0u);
  for (auto wrong : {"", "10.0.0", "10.0.0.256", "fd00::g", "1.2.3.4 ", "10.0.0.1/8"}) {
    EXPECT_FALSE(Address::tryParse(wrong)) << wrong;
  }
  EXPECT_THROW(Address::parse("nope", "gateway"), kj::Exception);
}

TEST(Address, KeepsBytesInNetworkOrder) {
  auto bytes = Address::parse("1.2.3.4", "x").bytes();
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes[3], 4);
  auto six = Address::parse("fd12::5", "x");
  EXPECT_EQ(Address::fromBytes(six.bytes().data(), 16), six);
}

TEST(Address, CountsAcrossOctets) {
  EXPECT_EQ(Address::parse("10.0.0.255", "x").plus(1).text(), "10.0.1.0");
  EXPECT_EQ(Address::parse("fd00::ffff", "x").plus(1).text(), "fd00::1:0");
}

TEST(Prefix, ClearsHostBitsAndFindsItsEnds) {
  auto prefix = Prefix::parse("10.88.7.9/16", "x");
  EXPECT_EQ(prefix.text(), "10.88.0.0/16");
  EXPECT_EQ(prefix.last().text(), "10.88.255.255");
  EXPECT_EQ(Prefix::parse("::/0", "x").last().text(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  for (auto wrong : {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "fd00::/129", "/8"}) {
    EXPECT_FALSE(Prefix::tryParse(wrong)) << wrong;
  }
}

TEST(Prefix, OverlapsWhenOneHoldsTheOther) {
  auto wide = Prefix::parse("10.0.0.0/8", "x"), narrow = Prefix::parse("10.88.0.0/24", "x");
  EXPECT_TRUE(wide.overlaps(narrow));
  EXPECT_TRUE(narrow.overlaps(wide));
  EXPECT_FALSE(narrow.overlaps(Prefix::parse("10.88.1.0/24", "x")));
  EXPECT_FALSE(wide.overlaps(Prefix::parse("::/0", "x")));
  EXPECT_TRUE(wide.contains(narrow));
  EXPECT_FALSE(narrow.contains(wide));
}

TEST(Mac, ParsesPrintsAndDerives) {
  EXPECT_EQ(macText(*parseMac("02:53:0a:58:00:02")), "02:53:0a:58:00:02");
  EXPECT_EQ(macText(macFor(Address::parse("10.88.0.2", "x"))), "02:53:0a:58:00:02");
  for (auto wrong : {"", "02:53:0a:58:00", "02-53-0a-58-00-02", "02:53:0a:58:00:zz"}) {
    EXPECT_FALSE(parseMac(wrong)) << wrong;
  }
}

TEST(HashedName, IsStableShortAndSpread) {
  EXPECT_EQ(hashedName("sv-", "web", 12).size(), 15u);
  EXPECT_EQ(hashedName("sv-", "web", 12), hashedName("sv-", "web", 12));
  EXPECT_NE(hashedName("sv-", "web", 12), hashedName("sv-", "wec", 12));
}

}  // namespace
}  // namespace stave::net
