#include "registry_error.h"

#include <stave/error.h>

#include <nlohmann/json.hpp>

namespace stave::oci {

using Json = nlohmann::json;

namespace {

std::string member(const Json& object, const char* name) {
  if (!object.is_object()) return "";
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string describe(const Json& error) {
  std::string message = member(error, "message"), code = member(error, "code");
  if (message.empty()) return code;
  return code.empty() ? message : message + " (" + code + ")";
}

ErrorCode codeFor(int status) {
  switch (status) {
    case 401:
      return ErrorCode::UNAUTHORIZED;
    case 403:
      return ErrorCode::DENIED;
    case 404:
      return ErrorCode::NOT_FOUND;
    case 429:
      return ErrorCode::EXHAUSTED;
    default:
      return status >= 500 ? ErrorCode::UNAVAILABLE : ErrorCode::INVALID;
  }
}

}  // namespace

std::string messageOf(const HttpResponse& response) {
  constexpr size_t maxLength = 1000;
  Json json = Json::parse(response.body, nullptr, false);
  if (!json.is_object()) return "";
  std::string text;
  auto errors = json.find("errors");
  if (errors != json.end() && errors->is_array()) {
    for (const Json& error : *errors) {
      std::string one = describe(error);
      if (!one.empty()) text += (text.empty() ? "" : "; ") + one;
    }
  }
  if (text.empty()) text = describe(json);
  if (text.empty()) text = member(json, "details");
  return text.substr(0, maxLength);
}

bool isTemporary(int status) {
  return status == 429 || status == 408 || (status >= 500 && status != 501 && status != 505);
}

void failResponse(const std::string& attempted, const HttpResponse& response) {
  std::string message = messageOf(response);
  std::string text = attempted + ": the registry answered " + std::to_string(response.status);
  if (!message.empty()) text += ": " + message;
  if (response.status == 401) text += "; log in with credentials that may do this";
  fail(codeFor(response.status), text);
}

}  // namespace stave::oci
