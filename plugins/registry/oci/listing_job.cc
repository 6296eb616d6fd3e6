#include "listing_job.h"

#include <stave/error.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "registry_error.h"
#include "url.h"

namespace stave::oci {

using Json = nlohmann::json;

namespace {

constexpr unsigned maxPages = 1000;
constexpr size_t maxTags = 200'000;
constexpr const char* dockerDomain = "docker.io";
constexpr const char* dockerSearchHost = "index.docker.io";

Json parseReply(const HttpResponse& reply, const std::string& what) {
  Json json = Json::parse(reply.body, nullptr, false);
  if (!json.is_object())
    fail(ErrorCode::INVALID, what + ": the registry's reply is not a JSON object");
  return json;
}

void takeTags(const HttpResponse& reply, const std::string& what, std::vector<std::string>& tags) {
  Json json = parseReply(reply, what);
  auto list = json.find("tags");
  if (list == json.end() || list->is_null()) return;
  if (!list->is_array()) fail(ErrorCode::INVALID, what + ": tags: is not a list");
  for (const Json& tag : *list) {
    if (!tag.is_string())
      fail(ErrorCode::INVALID, what + ": tags: has an element that is not a text");
    tags.push_back(tag.get<std::string>());
  }
  if (tags.size() > maxTags) fail(ErrorCode::EXHAUSTED, what + ": more than 200000 tags");
}

template <typename T>
T valueOr(const Json& object, const char* name, T otherwise) {
  auto found = object.find(name);
  if (found == object.end()) return otherwise;
  if constexpr (std::is_same_v<T, std::string>) {
    return found->is_string() ? found->get<std::string>() : otherwise;
  } else if constexpr (std::is_same_v<T, bool>) {
    return found->is_boolean() ? found->get<bool>() : otherwise;
  } else {
    return found->is_number_unsigned() ? found->get<T>() : otherwise;
  }
}

}  // namespace

std::string nextPage(const HttpResponse& reply) {
  for (const std::string& link : reply.all("link")) {
    size_t begin = link.find('<'), end = link.find('>');
    if (begin == std::string::npos || end == std::string::npos || end < begin) continue;
    std::string parameters = link.substr(end + 1);
    parameters.erase(std::remove(parameters.begin(), parameters.end(), '"'), parameters.end());
    if (parameters.find("rel=next") == std::string::npos) continue;
    return resolveUrl(reply.url, link.substr(begin + 1, end - begin - 1));
  }
  return "";
}

std::vector<std::string> listTags(const std::shared_ptr<Services>& services,
                                  const image::Reference& reference, const Caller& caller) {
  Repository repository(services, services->hosts().upstreamOf(reference.domain), reference.path,
                        "pull", caller);
  std::string what = "listing the tags of " + reference.name();
  std::vector<std::string> tags;
  HttpRequest request;
  request.url = repository.urlOf("tags/list?n=1000");
  for (unsigned page = 0; page < maxPages; ++page) {
    HttpResponse reply = repository.send(request);
    if (reply.status == 405 || reply.status == 501) {
      fail(ErrorCode::UNSUPPORTED, what + ": the registry has no such listing");
    }
    if (reply.status != 200) failResponse(what, reply);
    takeTags(reply, what, tags);
    request.url = nextPage(reply);
    if (request.url.empty()) return tags;
  }
  fail(ErrorCode::INVALID, what + ": the registry's pages never end");
}

std::vector<Found> searchImages(const std::shared_ptr<Services>& services,
                                const std::string& domain, const std::string& term, uint32_t limit,
                                const Caller& caller) {
  std::string host = domain == dockerDomain ? dockerSearchHost : domain;
  Repository repository(services, services->hosts().upstreamOf(host), "", "", caller);
  std::string what = "searching " + domain + " for \"" + term + "\"";
  HttpRequest request;
  request.url =
      withQuery(repository.endpoint().url + "/v1/search",
                {{"q", term}, {"n", std::to_string(limit == 0 ? 25 : std::min(limit, 100u))}});
  HttpResponse reply = repository.send(request);
  if (reply.status == 404 || reply.status == 405 || reply.status == 501) {
    fail(ErrorCode::UNSUPPORTED, what + ": the registry offers no search");
  }
  if (reply.status != 200) failResponse(what, reply);
  Json json = parseReply(reply, what);
  std::vector<Found> found;
  auto results = json.find("results");
  if (results == json.end() || !results->is_array()) return found;
  for (const Json& result : *results) {
    if (!result.is_object() || (limit > 0 && found.size() >= limit)) continue;
    found.push_back(
        {valueOr<std::string>(result, "name", ""), valueOr<std::string>(result, "description", ""),
         valueOr<uint32_t>(result, "star_count", 0), valueOr<bool>(result, "is_official", false)});
  }
  return found;
}

std::string checkLogin(const std::shared_ptr<Services>& services, const std::string& domain,
                       const Caller& caller) {
  Repository repository(services, services->hosts().upstreamOf(domain), "", "", caller);
  repository.authorizer().wantIdentityToken();
  HttpRequest request;
  request.url = repository.urlOf("");
  HttpResponse reply = repository.send(request);
  if (reply.status != 200) failResponse("logging in to " + domain, reply);
  return repository.authorizer().identityToken();
}

}  // namespace stave::oci
