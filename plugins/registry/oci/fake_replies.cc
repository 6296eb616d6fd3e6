#include "fake_replies.h"

#include <stave/image/digest.h>

#include <algorithm>
#include <cctype>

#include "credentials.h"

namespace stave::oci {

namespace {

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string decodePercent(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string find(const std::multimap<std::string, std::string>& headers, const std::string& name) {
  auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

FakeReply failure(int status, const std::string& code, const std::string& message) {
  return {status, "Content-Type: application/json\r\n",
          "{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}]}"};
}

/// "/v2/a/b/KIND/rest" to repository and rest; false if the kind is not in it.
bool split(const std::string& path, const std::string& kind, std::string& repository,
           std::string& rest) {
  size_t at = path.rfind("/" + kind + "/");
  if (!path.starts_with("/v2/") || at == std::string::npos || at < 4) return false;
  repository = path.substr(4, at - 4);
  rest = path.substr(at + kind.size() + 2);
  return true;
}

}  // namespace

std::string LoggedRequest::header(const std::string& name) const {
  return find(headers, name);
}
std::string FakeRequest::header(const std::string& name) const {
  return find(headers, name);
}

uint64_t FakeRequest::contentLength() const {
  std::string text = header("content-length");
  return text.empty() ? 0 : std::stoull(text);
}

FakeRequest parseRequest(const std::string& head) {
  FakeRequest request;
  size_t lineEnd = head.find("\r\n");
  std::string line = head.substr(0, lineEnd);
  size_t first = line.find(' '), second = line.rfind(' ');
  request.method = line.substr(0, first);
  std::string target = line.substr(first + 1, second - first - 1);
  size_t question = target.find('?');
  request.path = target.substr(0, question);
  std::string query = question == std::string::npos ? "" : target.substr(question + 1);
  while (!query.empty()) {
    std::string one = query.substr(0, query.find('&'));
    query.erase(0, one.size() + 1);
    size_t equals = one.find('=');
    if (equals == std::string::npos) continue;
    request.query[one.substr(0, equals)] = decodePercent(one.substr(equals + 1));
  }
  for (size_t begin = lineEnd + 2; begin + 2 < head.size();) {
    size_t end = head.find("\r\n", begin);
    size_t colon = head.find(": ", begin);
    if (colon < end) {
      request.headers.emplace(lowered(head.substr(begin, colon - begin)),
                              head.substr(colon + 2, end - colon - 2));
    }
    begin = end + 2;
  }
  return request;
}

std::string FakeReply::head() const {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
}

std::string FakeContents::addBlob(const std::string& bytes) {
  std::lock_guard lock(mutex_);
  std::string digest = image::digestOf(bytes);
  blobs_[digest] = bytes;
  return digest;
}

std::string FakeContents::addManifest(const std::string& repository, const std::string& tag,
                                      const std::string& bytes, const std::string& mediaType) {
  std::lock_guard lock(mutex_);
  StoredManifest manifest{bytes, mediaType, image::digestOf(bytes)};
  manifests_[repository + ":" + manifest.digest] = manifest;
  if (!tag.empty()) manifests_[repository + ":" + tag] = manifest;
  return manifest.digest;
}

void FakeContents::configure(const std::function<void(FakeRules&)>& change) {
  std::lock_guard lock(mutex_);
  change(rules_);
}

std::vector<LoggedRequest> FakeContents::log() const {
  std::lock_guard lock(mutex_);
  return log_;
}

bool FakeContents::hasBlob(const std::string& digest) const {
  std::lock_guard lock(mutex_);
  return blobs_.contains(digest);
}

std::string FakeContents::manifestOf(const std::string& repository, const std::string& tag) const {
  std::lock_guard lock(mutex_);
  auto found = manifests_.find(repository + ":" + tag);
  return found == manifests_.end() ? "" : found->second.bytes;
}

bool FakeContents::isAllowed(const FakeRequest& request) const {
  std::string sent = request.header("authorization");
  if (rules_.scheme == "basic") {
    return sent == basicAuthorization({rules_.username, rules_.password, ""});
  }
  return rules_.scheme.empty() || sent == "Bearer " + token();
}

FakeReply FakeContents::challenge() const {
  FakeReply reply = failure(401, "UNAUTHORIZED", "authentication required");
  if (rules_.scheme == "basic") {
    reply.headers += "WWW-Authenticate: Basic realm=\"fake, with a comma\"\r\n";
  } else {
    reply.headers += "WWW-Authenticate: Negotiate, Bearer realm=\"http://" + host +
                     "/token\",service=\"fake\"\r\n";
  }
  return reply;
}

FakeReply FakeContents::answerToken(const FakeRequest& request) const {
  bool good = request.header("authorization") ==
                  basicAuthorization({rules_.username, rules_.password, ""}) ||
              request.body.find("refresh_token=refresh-" + rules_.username) != std::string::npos;
  if (!good) return {401, "", "{\"details\":\"incorrect username or password\"}"};
  std::string refresh = request.query.contains("offline_token")
                            ? ",\"refresh_token\":\"refresh-" + rules_.username + "\""
                            : "";
  return {200, "", "{\"token\":\"" + token() + "\",\"expires_in\":300" + refresh + "}"};
}

FakeReply FakeContents::answer(const FakeRequest& request) {
  std::lock_guard lock(mutex_);
  log_.push_back({request.line(), request.headers});
  FakeReply reply;
  if (request.path == "/token") {
    reply = answerToken(request);
  } else if (!isAllowed(request)) {
    reply = challenge();
  } else {
    reply = route(request);
  }
  applyFaults(request, reply);
  return reply;
}

void FakeContents::applyFaults(const FakeRequest& request, FakeReply& reply) {
  for (Fault& fault : rules_.faults) {
    if (fault.times == 0 || request.line().find(fault.where) == std::string::npos) continue;
    --fault.times;
    if (fault.status != 0) reply = {fault.status, "", fault.body};
    reply.headers += fault.headers;
    reply.truncateAfter = fault.truncateAfter;
    reply.stall = fault.stall;
    if (fault.corrupt && !reply.body.empty()) reply.body.back() ^= 1;
    return;
  }
}

FakeReply FakeContents::route(const FakeRequest& request) {
  const std::string& path = request.path;
  if (path == "/v2/") return {200, "", "{}"};
  if (path == "/v1/search" && !rules_.search.empty()) return {200, "", rules_.search};
  if (path.find("/blobs/uploads/") != std::string::npos) return answerUpload(request);
  if (path.find("/blobs/") != std::string::npos) return answerBlob(request);
  if (path.find("/manifests/") != std::string::npos) return answerManifest(request);
  if (path.ends_with("/tags/list")) return answerTags(request);
  return failure(404, "UNKNOWN", "no such path");
}

FakeReply FakeContents::answerManifest(const FakeRequest& request) {
  std::string repository, identifier;
  split(request.path, "manifests", repository, identifier);
  std::string key = repository + ":" + identifier;
  if (request.method == "PUT") return putManifest(request, repository);
  auto found = manifests_.find(key);
  if (found == manifests_.end()) return failure(404, "MANIFEST_UNKNOWN", "manifest unknown");
  return {200,
          "Content-Type: " + found->second.mediaType +
              "\r\nDocker-Content-Digest: " + found->second.digest + "\r\n",
          found->second.bytes};
}

FakeReply FakeContents::putManifest(const FakeRequest& request, const std::string& repository) {
  StoredManifest manifest{request.body, request.header("content-type"),
                          image::digestOf(request.body)};
  manifests_[repository + ":" + manifest.digest] = manifest;
  manifests_[repository + ":" + request.path.substr(request.path.rfind('/') + 1)] = manifest;
  return {201, "Docker-Content-Digest: " + manifest.digest + "\r\n", ""};
}

FakeReply FakeContents::answerBlob(const FakeRequest& request) const {
  std::string digest = request.path.substr(request.path.rfind('/') + 1);
  auto found = blobs_.find(digest);
  if (found == blobs_.end()) return failure(404, "BLOB_UNKNOWN", "blob unknown to registry");
  if (!rules_.redirect.empty()) {
    return {307, "Location: http://" + rules_.redirect + request.path + "\r\n", ""};
  }
  std::string range = request.header("range");
  if (!rules_.ranges || !range.starts_with("bytes=")) return {200, "", found->second};
  uint64_t start = std::stoull(range.substr(6));
  if (start >= found->second.size()) return {416, "", ""};
  std::string total = std::to_string(found->second.size());
  return {206,
          "Content-Range: bytes " + std::to_string(start) + "-" +
              std::to_string(found->second.size() - 1) + "/" + total + "\r\n",
          found->second.substr(start)};
}

FakeReply FakeContents::finishUpload(const FakeRequest& request, const std::string& id) {
  std::string bytes = uploads_[id] + request.body;
  std::string digest = image::digestOf(bytes);
  auto wanted = request.query.find("digest");
  if (wanted == request.query.end() || wanted->second != digest) {
    return failure(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  blobs_[digest] = bytes;
  uploads_.erase(id);
  return {201, "Docker-Content-Digest: " + digest + "\r\n", ""};
}

FakeReply FakeContents::answerUpload(const FakeRequest& request) {
  std::string id = request.path.substr(request.path.rfind('/') + 1);
  if (request.method == "POST") {
    auto mount = request.query.find("mount");
    if (mount != request.query.end() && blobs_.contains(mount->second)) return {201, "", ""};
    id = "upload-" + std::to_string(uploads_.size() + log_.size());
    uploads_[id] = "";
    return {202, "Location: " + request.path + id + "?state=x%2Fy\r\n", ""};
  }
  if (!uploads_.contains(id)) return failure(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown");
  if (request.method == "PUT") return finishUpload(request, id);
  if (request.method == "PATCH") {
    std::string range = request.header("content-range");
    if (!range.empty() && std::stoull(range) != uploads_[id].size()) return {416, "", ""};
    uploads_[id] += request.body;
  }
  uint64_t size = uploads_[id].size();
  return {request.method == "PATCH" ? 202 : 204,
          "Location: " + request.path + "?state=z\r\nRange: 0-" +
              std::to_string(size == 0 ? 0 : size - 1) + "\r\n",
          ""};
}

FakeReply FakeContents::answerTags(const FakeRequest& request) const {
  std::string repository = request.path.substr(4, request.path.size() - 4 - 10);
  std::vector<std::string> tags;
  for (auto& [key, manifest] : manifests_) {
    if (key.starts_with(repository + ":") && key.find("sha256:") == std::string::npos) {
      tags.push_back(key.substr(repository.size() + 1));
    }
  }
  if (tags.empty()) return failure(404, "NAME_UNKNOWN", "repository name not known to registry");
  auto last = request.query.find("last");
  size_t begin = last == request.query.end() ? 0 : std::stoul(last->second);
  size_t end = rules_.pageSize == 0 ? tags.size() : std::min(tags.size(), begin + rules_.pageSize);
  std::string list;
  for (size_t i = begin; i < end; ++i) list += (i > begin ? ",\"" : "\"") + tags[i] + "\"";
  std::string link;
  if (end < tags.size()) {
    link = "Link: <" + request.path + "?last=" + std::to_string(end) + ">; rel=\"next\"\r\n";
  }
  return {200, link, "{\"name\":\"" + repository + "\",\"tags\":[" + list + "]}"};
}

}  // namespace stave::oci
