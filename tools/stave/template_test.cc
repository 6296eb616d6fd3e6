#include "template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "flags.h"
#include "table.h"

namespace stave::cli {
namespace {

using Json = nlohmann::json;

const Json sample =
    Json::parse(R"({"Name": "web", "State": {"Pid": 7, "Up": true}, "Tags": ["a", "b"],
                                    "Labels": {"k": "v"}, "Empty": []})");

std::string rendered(const char* text) {
  return Template(text).render(sample);
}

TEST(Template, FollowsFields) {
  EXPECT_EQ(rendered("{{.Name}}: {{.State.Pid}}"), "web: 7");
  EXPECT_EQ(rendered("{{ .State.Up }}\\t{{.Tags}}"), "true\t[a b]");
  EXPECT_EQ(rendered("{{json .State}}"), R"({"Pid":7,"Up":true})");
  EXPECT_EQ(rendered("{{json .}}"), sample.dump());
}

TEST(Template, HasFunctionsAndPipes) {
  EXPECT_EQ(rendered("{{join .Tags \", \"}}"), "a, b");
  EXPECT_EQ(rendered("{{.Name | upper}}"), "WEB");
  EXPECT_EQ(rendered("{{index .Labels \"k\"}} {{len .Tags}} {{index .Tags 1}}"), "v 2 b");
  EXPECT_EQ(rendered("{{.Tags | json}}"), R"(["a","b"])");
}

TEST(Template, HasConditionsAndLoops) {
  EXPECT_EQ(rendered("{{range .Tags}}<{{.}}>{{end}}"), "<a><b>");
  EXPECT_EQ(rendered("{{if .State.Up}}up{{else}}down{{end}}"), "up");
  EXPECT_EQ(rendered("{{if .Empty}}some{{else}}none{{end}}"), "none");
  EXPECT_EQ(rendered("{{range .Empty}}x{{else}}none{{end}}"), "none");
}

TEST(Template, SaysWhatIsWrong) {
  for (auto text : {"{{", "{{}}", "{{.Name", "{{frobnicate .Name}}", "{{if .Name}}", "{{end}}",
                    "{{.Nme}}", "{{.Name.Inner}}", "{{join .Tags}}", "{{\"x}}", "{{index .Tags 9}}",
                    "{{|}}", "{{.Name .Name}}"}) {
    EXPECT_THROW(rendered(text), UsageError) << text;
  }
  try {
    rendered("{{.Nme}}");
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"Name\"?"), std::string::npos);
  }
}

TEST(Listing, IsATableByDefault) {
  std::vector<Json> rows{{{"Name", "a"}, {"Size", "1MB"}}, {{"Name", "longer"}, {"Size", "2"}}};
  std::vector<Column> columns{{"NAME", "Name"}, {"SIZE", "Size"}};
  EXPECT_EQ(renderListing(rows, columns, "Name", {}), "NAME     SIZE\na        1MB\nlonger   2\n");
  ListingStyle quiet;
  quiet.quiet = true;
  EXPECT_EQ(renderListing(rows, columns, "Name", quiet), "a\nlonger\n");
  ListingStyle json;
  json.json = true;
  EXPECT_EQ(renderListing(rows, columns, "Name", json).substr(0, 27), R"({"Name":"a","Size":"1MB"})"
                                                                      "\n{");
  ListingStyle table;
  table.format = "table {{.Size}}\\t{{.Name}}";
  EXPECT_EQ(renderListing(rows, columns, "Name", table), "SIZE   NAME\n1MB    a\n2      longer\n");
}

}  // namespace
}  // namespace stave::cli
