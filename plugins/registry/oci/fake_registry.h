#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace stave::oci {

/// What is to go wrong with requests whose "METHOD /path" contains `where`.
struct Fault {
  std::string where;
  unsigned times = 1;        ///< how often; then it is over
  int status = 0;            ///< answer with this instead
  std::string headers = {};  ///< added to the answer, each line with \r\n
  std::string body = {};
  int64_t truncateAfter = -1;          ///< break the connection after so many bytes of the body
  std::chrono::milliseconds stall{0};  ///< send half of the body and nothing for this long
  bool corrupt = false;                ///< change one byte of the body
};

struct LoggedRequest {
  std::string line;                                 ///< "GET /v2/a/manifests/b"
  std::multimap<std::string, std::string> headers;  ///< names in lower case

  std::string header(const std::string& name) const;
};

/// A registry on a loopback port that does what a test tells it to: it serves blobs and manifests
/// from memory, asks for credentials, takes uploads, and fails by script.
class FakeRegistry {
 public:
  FakeRegistry();
  ~FakeRegistry();

  std::string host() const;  ///< "127.0.0.1:PORT"

  std::string addBlob(const std::string& bytes);
  std::string addManifest(const std::string& repository, const std::string& tag,
                          const std::string& bytes, const std::string& mediaType);

  void requireBasic(const std::string& username, const std::string& password);
  void requireBearer(const std::string& username, const std::string& password);
  void forgetTokens();  ///< tokens given out so far are refused
  void supportRanges(bool yes);
  void redirectBlobsTo(const std::string& host);
  void pageTagsBy(size_t count);
  void offerSearch(const std::string& json);
  void addFault(Fault fault);

  std::vector<LoggedRequest> requests() const;
  size_t countOf(const std::string& where) const;  ///< requests whose line contains it
  bool hasBlob(const std::string& digest) const;
  std::string manifestOf(const std::string& repository, const std::string& tag) const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace stave::oci
