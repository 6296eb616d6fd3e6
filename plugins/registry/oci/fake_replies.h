#pragma once

#include <functional>

#include "fake_registry.h"

namespace stave::oci {

struct FakeRequest {
  std::string method;
  std::string path;  ///< without the query
  std::map<std::string, std::string> query;
  std::multimap<std::string, std::string> headers;
  std::string body;

  std::string line() const { return method + " " + path; }
  std::string header(const std::string& name) const;
  uint64_t contentLength() const;
};

FakeRequest parseRequest(const std::string& head);

struct FakeReply {
  int status = 200;
  std::string headers = {};
  std::string body = {};
  int64_t truncateAfter = -1;
  std::chrono::milliseconds stall{0};

  std::string head() const;
};

/// How the fake registry behaves.
struct FakeRules {
  std::string scheme;  ///< "basic", "bearer"; empty: everybody may
  std::string username, password;
  unsigned tokenGeneration = 1;
  bool ranges = true;
  std::string redirect;
  size_t pageSize = 0;
  std::string search;
  std::vector<Fault> faults;
};

/// What the fake registry has, and its answers. Used by all its threads.
class FakeContents {
 public:
  std::string host;

  std::string addBlob(const std::string& bytes);
  std::string addManifest(const std::string& repository, const std::string& tag,
                          const std::string& bytes, const std::string& mediaType);
  void configure(const std::function<void(FakeRules&)>& change);
  std::vector<LoggedRequest> log() const;
  bool hasBlob(const std::string& digest) const;
  std::string manifestOf(const std::string& repository, const std::string& tag) const;

  FakeReply answer(const FakeRequest& request);

 private:
  struct StoredManifest {
    std::string bytes, mediaType, digest;
  };
  FakeReply route(const FakeRequest& request);
  FakeReply answerToken(const FakeRequest& request) const;
  FakeReply answerManifest(const FakeRequest& request);
  FakeReply answerBlob(const FakeRequest& request) const;
  FakeReply answerUpload(const FakeRequest& request);
  FakeReply finishUpload(const FakeRequest& request, const std::string& id);
  FakeReply answerTags(const FakeRequest& request) const;
  FakeReply putManifest(const FakeRequest& request, const std::string& key);
  bool isAllowed(const FakeRequest& request) const;
  FakeReply challenge() const;
  std::string token() const { return "token-" + std::to_string(rules_.tokenGeneration); }
  void applyFaults(const FakeRequest& request, FakeReply& reply);

  mutable std::mutex mutex_;
  FakeRules rules_;
  std::map<std::string, std::string> blobs_;
  std::map<std::string, StoredManifest>
      manifests_;  ///< by "repository:tag" and "repository:digest"
  std::map<std::string, std::string> uploads_;
  std::vector<LoggedRequest> log_;
};

}  // namespace stave::oci
