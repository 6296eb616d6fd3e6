#include "documents.h"

#include <gtest/gtest.h>
#include <stave/error.h>

#include <nlohmann/json.hpp>

namespace stave::cli {
namespace {

using Json = nlohmann::json;
const Json wanted = Json::parse(R"({"kind": "Pod", "name": "a", "n": 5, "list": [true, "x"]})");

TEST(Documents, OfThreeLanguagesAreTheSame) {
  EXPECT_EQ(parseDocuments("a.json", wanted.dump()).at(0), wanted);
  EXPECT_EQ(parseDocuments("a.toml", "kind = 'Pod'\nname = 'a'\nn = 5\nlist = [true, 'x']\n").at(0),
            wanted);
  EXPECT_EQ(parseDocuments("a.yaml", "kind: Pod\nname: a\nn: 5\nlist: [true, x]\n").at(0), wanted);
}

TEST(Documents, MayBeSeveral) {
  EXPECT_EQ(parseDocuments("a.yaml", "kind: A\n---\nkind: B\n---\n").size(), 2u);
  EXPECT_EQ(parseDocuments("a.toml", "[[objects]]\nkind='A'\n[[objects]]\nkind='B'\n").size(), 2u);
  EXPECT_EQ(parseDocuments("a.json", R"([{"kind": "A"}, {"kind": "B"}])").size(), 2u);
}

TEST(Documents, AreRecognizedWithoutAnEnding) {
  EXPECT_EQ(formatOf("-", "  {\"a\": 1}"), DocumentFormat::json);
  EXPECT_EQ(formatOf("-", "kind = 'Pod'\n"), DocumentFormat::toml);
  EXPECT_EQ(formatOf("-", "kind: Pod\n"), DocumentFormat::yaml);
}

TEST(Documents, QuotedNumbersStayText) {
  EXPECT_EQ(parseDocuments("a.yaml", "v: '5'\n").at(0)["v"], "5");
  EXPECT_EQ(parseDocuments("a.yaml", "v: 1.2.3\n").at(0)["v"], "1.2.3");
  EXPECT_EQ(parseDocuments("a.yaml", "v: 1.5\n").at(0)["v"], 1.5);
}

std::string errorOf(const char* name, const char* text) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { parseDocuments(name, text); })) {
    return textOf(*exception);
  }
  return "";
}

TEST(Documents, ErrorsNameFileAndLine) {
  EXPECT_EQ(errorOf("a.toml", "x = 1\ny =\n").substr(0, 9), "a.toml:2:");
  EXPECT_EQ(errorOf("a.yaml", "x: 1\ny: [\n").substr(0, 7), "a.yaml:");
  EXPECT_EQ(errorOf("a.yaml", "x: 1\nx: 2\n"), "a.yaml:2: \"x\" stands there twice");
  EXPECT_NE(errorOf("a.json", "{"), "");
  EXPECT_EQ(errorOf("a.yaml", ""), "a.yaml holds no objects");
}

}  // namespace
}  // namespace stave::cli
