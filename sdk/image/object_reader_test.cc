#include "object_reader.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/image/manifest.h>

#include <nlohmann/json.hpp>

namespace stave::image {
namespace {

using Json = nlohmann::json;

/// The text with which `read` is refused as invalid; empty if it is not.
template <typename Read>
std::string refusal(Read&& read) {
  std::string text;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { read(); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    text = textOf(*exception);
  }
  return text;
}

TEST(ParseDocument, RefusesWhatIsNoJson) {
  EXPECT_EQ(parseDocument(R"({"a": 1})", "index")["a"], 1);
  for (auto text : {"", "{", "{\"a\": }", "nonsense", "{} {}"}) {
    EXPECT_EQ(refusal([&]() { parseDocument(text, "index"); }).rfind("index: not JSON: ", 0), 0u)
        << text;
  }
}

TEST(ParseDocument, HasBounds) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(refusal([&]() { parseDocument(nested(60), "index"); }), "");
  EXPECT_EQ(refusal([&]() { parseDocument(nested(70), "index"); }),
            "index: nested more than 64 deep");
  std::string large(maxManifestSize + 1, ' ');
  EXPECT_NE(refusal([&]() { parseDocument(large, "index"); }).find("are more than the"),
            std::string::npos);
}

struct Reading : ::testing::Test {
  Json document = Json::parse(R"({
    "name": "x", "count": -7, "large": 18446744073709551615, "half": 1.5, "flag": true, "no": null,
    "list": ["a", "b"], "mixed": ["a", 1], "map": {"k": "v"}, "badMap": {"k": 1},
    "layers": [{"size": 1}, {"size": "2"}], "inner": {"deep": {"size": 3}}})");
  ObjectReader reader{document, "manifest"};
};

TEST_F(Reading, GivesMembers) {
  EXPECT_EQ(reader.text("name"), "x");
  EXPECT_EQ(reader.number("count"), -7);
  EXPECT_TRUE(reader.flagOr("flag", false));
  EXPECT_EQ(reader.texts("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reader.textMap("map"), (std::map<std::string, std::string>{{"k", "v"}}));
  EXPECT_EQ(reader.keys("badMap"), std::vector<std::string>{"k"});
  EXPECT_EQ(reader.object("inner").object("deep").number("size"), 3);
}

TEST_F(Reading, NullIsAsMissing) {
  for (auto member : {"no", "absent"}) {
    EXPECT_FALSE(reader.has(member));
    EXPECT_EQ(reader.textOr(member, "other"), "other");
    EXPECT_EQ(reader.numberOr(member, 5), 5);
    EXPECT_TRUE(reader.flagOr(member, true));
    EXPECT_TRUE(reader.texts(member).empty());
    EXPECT_TRUE(reader.textMap(member).empty());
    EXPECT_TRUE(reader.keys(member).empty());
    EXPECT_EQ(refusal([&]() { reader.text(member); }),
              std::string("manifest: ") + member + ": is missing");
  }
}

TEST_F(Reading, SaysWhatIsWrongWhere) {
  EXPECT_EQ(refusal([&]() { reader.text("count"); }), "manifest: count: is not a text");
  EXPECT_EQ(refusal([&]() { reader.number("half"); }), "manifest: half: is not a whole number");
  EXPECT_EQ(refusal([&]() { reader.number("large"); }), "manifest: large: is too large");
  EXPECT_EQ(refusal([&]() { reader.flagOr("name", false); }),
            "manifest: name: is neither true nor false");
  EXPECT_EQ(refusal([&]() { reader.texts("name"); }), "manifest: name: is not a list");
  EXPECT_EQ(refusal([&]() { reader.texts("mixed"); }),
            "manifest: mixed: has an element that is not a text");
  EXPECT_EQ(refusal([&]() { reader.textMap("badMap"); }), "manifest: badMap: \"k\" is not a text");
  EXPECT_EQ(refusal([&]() { reader.keys("list"); }), "manifest: list: is not an object");
  EXPECT_EQ(refusal([&]() { reader.object("list"); }), "manifest: list: is not an object");
  EXPECT_EQ(refusal([&]() { reader.objects("map"); }), "manifest: map: is not a list");
}

TEST_F(Reading, NamesThePathToAnElement) {
  auto layers = reader.objects("layers");
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].number("size"), 1);
  EXPECT_EQ(refusal([&]() { layers[1].number("size"); }),
            "manifest: layers[1].size: is not a whole number");
  EXPECT_EQ(refusal([&]() { reader.objects("list"); }), "manifest: list[0]: is not an object");
}

}  // namespace
}  // namespace stave::image
