#include "repository.h"

#include <stave/error.h>
#include <stave/image/digest.h>

#include "registry_error.h"
#include "url.h"

namespace stave::oci {

namespace {

constexpr unsigned maxRedirects = 6;
constexpr unsigned maxAnswers = 2;  // to challenges: one, and another if a token was too old

std::string acceptedTypes() {
  std::string text;
  for (std::string_view type : {image::media::ociManifest, image::media::ociIndex,
                                image::media::dockerManifest, image::media::dockerIndex}) {
    text += (text.empty() ? "" : ", ") + std::string(type);
  }
  return text;
}

bool isRedirect(const HttpRequest& request, const HttpResponse& reply) {
  bool reading = request.method == "GET" || request.method == "HEAD";
  int status = reply.status;
  return reading &&
         (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

}  // namespace

Repository::Repository(std::shared_ptr<Services> services, Endpoint endpoint, std::string path,
                       std::string actions, Caller caller)
    : services_(std::move(services)),
      endpoint_(std::move(endpoint)),
      path_(std::move(path)),
      scope_(path_.empty() ? "" : "repository:" + path_ + ":" + actions),
      caller_(std::move(caller)),
      authorizer_(services_->authorizer(endpoint_, caller_.credentials)) {}

void Repository::alsoPullFrom(const std::string& path) {
  scope_ += " repository:" + path + ":pull";
}

std::string Repository::urlOf(const std::string& rest) const {
  return endpoint_.url + "/v2/" + (path_.empty() ? "" : path_ + "/") + rest;
}

std::string Repository::name() const {
  return hostOf(endpoint_.url) + (path_.empty() ? "" : "/" + path_);
}

/// Credentials and client certificates are for the registry alone, never for whom it points to.
HttpResponse Repository::exchange(HttpRequest request) {
  request.headers.erase("Authorization");
  sent_.clear();
  if (originOf(request.url) == originOf(endpoint_.url)) {
    request.tls = endpoint_.tls;
    sent_ = authorizer_->headerFor(scope_);
    if (!sent_.empty()) request.headers.emplace("Authorization", sent_);
  } else {
    request.tls = services_->hosts().tlsOf(hostOf(request.url));
  }
  return services_->client().perform(request, cancellation());
}

std::string Repository::redirectTarget(const HttpRequest& request,
                                       const HttpResponse& reply) const {
  std::string location = reply.header("location");
  if (location.empty()) {
    fail(ErrorCode::INVALID, request.url + ": redirects without saying where to");
  }
  std::string target = resolveUrl(request.url, location);
  if (schemeOf(request.url) == "https" && schemeOf(target) == "http") {
    fail(ErrorCode::INVALID,
         request.url + ": redirects to " + target + ", which is not encrypted; refused");
  }
  return target;
}

HttpResponse Repository::follow(HttpRequest request) {
  for (unsigned hop = 0; hop < maxRedirects; ++hop) {
    HttpResponse reply = exchange(request);
    if (!isRedirect(request, reply)) return reply;
    request.url = redirectTarget(request, reply);
  }
  fail(ErrorCode::INVALID,
       request.url + ": more than " + std::to_string(maxRedirects) + " redirects");
}

HttpResponse Repository::once(HttpRequest request) {
  for (unsigned answers = 0;; ++answers) {
    HttpResponse reply = follow(request);
    bool ours = originOf(reply.url) == originOf(endpoint_.url);
    if (reply.status != 401 || !ours || answers == maxAnswers) return reply;
    if (!authorizer_->answer(reply, scope_, sent_, cancellation())) return reply;
  }
}

HttpResponse Repository::send(const HttpRequest& request) {
  return withRetries(services_->policy(), cancellation(), [&] { return once(request); });
}

image::Document Repository::fetchManifest(const std::string& identifier) {
  HttpRequest request;
  request.url = urlOf("manifests/" + identifier);
  request.headers.emplace("Accept", acceptedTypes());
  HttpResponse reply = send(request);
  bool byDigest = image::isDigest(identifier);
  std::string what = name() + (byDigest ? "@" : ":") + identifier;
  if (reply.status != 200) failResponse("getting the manifest of " + what, reply);
  std::string announced = reply.header("docker-content-digest");
  std::string expected = byDigest ? identifier : image::isDigest(announced) ? announced : "";
  return image::makeDocument(std::move(reply.body), reply.header("content-type"), expected,
                             "manifest of " + what);
}

std::string Repository::fetchBlob(const image::Descriptor& descriptor) {
  HttpRequest request;
  request.url = urlOf("blobs/" + descriptor.digest);
  request.maxBody = image::maxManifestSize;
  HttpResponse reply = send(request);
  if (reply.status != 200)
    failResponse("getting blob " + descriptor.digest + " of " + name(), reply);
  return std::move(reply.body);
}

}  // namespace stave::oci
