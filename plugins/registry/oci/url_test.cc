#include "url.h"

#include <gtest/gtest.h>
#include <stave/error.h>

namespace stave::oci {
namespace {

TEST(Url, ResolvesLocations) {
  EXPECT_EQ(resolveUrl("https://a.example/v2/x", "/v2/y?z=1"), "https://a.example/v2/y?z=1");
  EXPECT_EQ(resolveUrl("https://a.example/v2/x", "http://b.example/c"), "http://b.example/c");
  EXPECT_THROW(resolveUrl("https://a.example/", "file:///etc/passwd"), kj::Exception);
  EXPECT_THROW(resolveUrl("https://a.example/", "https://"), kj::Exception);
}

TEST(Url, OriginHasThePort) {
  EXPECT_EQ(originOf("https://a.example/x"), originOf("https://a.example:443/y"));
  EXPECT_NE(originOf("https://a.example/x"), originOf("http://a.example/x"));
  EXPECT_NE(originOf("https://a.example/x"), originOf("https://a.example:444/x"));
  EXPECT_EQ(hostOf("http://a.example:5000/x"), "a.example:5000");
  EXPECT_EQ(schemeOf("http://a.example"), "http");
}

TEST(Url, EncodesQueries) {
  EXPECT_EQ(withQuery("http://a/b?c=1", {{"d", "x:y/z"}}), "http://a/b?c=1&d=x%3Ay%2Fz");
  EXPECT_EQ(withQuery("http://a/b", {{"d", "1"}, {"e", "2"}}), "http://a/b?d=1&e=2");
  EXPECT_EQ(withQuery("http://a/b", {}), "http://a/b");
}

TEST(Url, Loopback) {
  EXPECT_TRUE(isLoopback("localhost:5000"));
  EXPECT_TRUE(isLoopback("127.0.0.1:5000"));
  EXPECT_TRUE(isLoopback("[::1]:5000"));
  EXPECT_FALSE(isLoopback("127.example.com"));
  EXPECT_FALSE(isLoopback("localhost.example"));
  EXPECT_FALSE(isLoopback("registry.example"));
}

}  // namespace
}  // namespace stave::oci
