#include "url.h"

#include <curl/curl.h>
#include <stave/error.h>

#include <memory>

namespace stave::oci {

namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

[[noreturn]] void refuse(const std::string& text, CURLUcode code) {
  fail(ErrorCode::INVALID, "URL \"" + text.substr(0, 300) + "\": " + curl_url_strerror(code));
}

Url parse(const std::string& text) {
  Url url(curl_url());
  CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) refuse(text, code);
  return url;
}

std::string part(const Url& url, CURLUPart which, unsigned flags = 0) {
  char* value = nullptr;
  if (curl_url_get(url.get(), which, &value, flags) != CURLUE_OK) return "";
  std::string result = value;
  curl_free(value);
  return result;
}

std::string encode(const std::string& text) {
  std::unique_ptr<char, void (*)(void*)> escaped(
      curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())), curl_free);
  return escaped.get();
}

}  // namespace

std::string resolveUrl(const std::string& base, const std::string& location) {
  Url url = parse(base);
  CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0);
  if (code != CURLUE_OK) refuse(location, code);
  std::string scheme = part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    fail(ErrorCode::INVALID, "URL \"" + location.substr(0, 300) + "\": is neither http nor https");
  }
  return part(url, CURLUPART_URL);
}

std::string originOf(const std::string& text) {
  Url url = parse(text);
  return part(url, CURLUPART_SCHEME) + "://" + part(url, CURLUPART_HOST) + ":" +
         part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::string schemeOf(const std::string& text) {
  return part(parse(text), CURLUPART_SCHEME);
}

std::string hostOf(const std::string& text) {
  Url url = parse(text);
  std::string port = part(url, CURLUPART_PORT);
  return part(url, CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}

std::string withQuery(const std::string& text,
                      const std::vector<std::pair<std::string, std::string>>& parameters) {
  if (parameters.empty()) return text;
  return text + (text.find('?') == std::string::npos ? "?" : "&") + formEncode(parameters);
}

std::string formEncode(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string result;
  for (auto& [name, value] : parameters) {
    if (!result.empty()) result += "&";
    result += encode(name) + "=" + encode(value);
  }
  return result;
}

bool isLoopback(const std::string& host) {
  std::string name =
      host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  if (name == "localhost" || name == "[::1]" || name.ends_with(".localhost")) return true;
  return name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace stave::oci
