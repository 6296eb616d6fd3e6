#include "registry_error.h"

#include <gtest/gtest.h>
#include <stave/error.h>

namespace stave::oci {
namespace {

HttpResponse reply(int status, const std::string& body) {
  HttpResponse response;
  response.status = status;
  response.body = body;
  return response;
}

TEST(RegistryError, CarriesTheRegistrysWords) {
  EXPECT_EQ(messageOf(reply(404, R"({"errors":[{"code":"A","message":"b"},{"code":"C"}]})")),
            "b (A); C");
  EXPECT_EQ(messageOf(reply(401, R"({"details":"incorrect username or password"})")),
            "incorrect username or password");
  EXPECT_EQ(messageOf(reply(500, "<html>")), "");
  EXPECT_EQ(messageOf(reply(500, R"({"errors":[7,{"message":8}]})")), "");
}

TEST(RegistryError, HasTheRightCode) {
  const std::pair<int, ErrorCode> cases[] = {
      {401, ErrorCode::UNAUTHORIZED}, {403, ErrorCode::DENIED},      {404, ErrorCode::NOT_FOUND},
      {429, ErrorCode::EXHAUSTED},    {500, ErrorCode::UNAVAILABLE}, {400, ErrorCode::INVALID}};
  for (auto& [status, code] : cases) {
    try {
      failResponse("trying", reply(status, R"({"errors":[{"message":"why"}]})"));
    } catch (const kj::Exception& exception) {
      EXPECT_EQ(codeOf(exception), code) << status;
      EXPECT_NE(textOf(exception).find("why"), std::string::npos);
      EXPECT_NE(textOf(exception).find("trying"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace stave::oci
