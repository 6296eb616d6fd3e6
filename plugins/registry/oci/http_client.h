#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cancellation.h"

namespace stave::oci {

struct TlsOptions {
  std::string caFile;
  std::string clientCertificate;
  std::string clientKey;
  bool verify = true;

  bool operator==(const TlsOptions&) const = default;
};

struct HttpHead {
  int status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case

  /// The first of that name; empty if there is none.
  std::string header(const std::string& name) const;
  std::vector<std::string> all(const std::string& name) const;
  std::optional<uint64_t> contentLength() const;
};

struct HttpResponse : HttpHead {
  std::string body;  ///< as far as no sink took it
  std::string url;   ///< that answered
};

/// Where the body of a successful reply goes.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual void begin(const HttpHead& head) = 0;
  virtual void take(const char* data, size_t size) = 0;
};

/// Gives the bytes of a request's body from an offset on; less than `size` only at the end.
using BodySource = std::function<size_t(char* data, size_t size, uint64_t offset)>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::multimap<std::string, std::string> headers;
  std::string body;
  BodySource source;  ///< instead of `body`
  uint64_t sourceBytes = 0;
  BodySink* sink = nullptr;
  uint64_t maxBody = 4 * 1024 * 1024;  ///< without a sink: more is an error [invalid]
  TlsOptions tls;
};

/// The exchange did not come to an end: no route, a broken connection, a stall.
struct TransportFailure {
  std::string text;
  bool transient = true;  ///< it may work when tried again
};

struct Timeouts {
  std::chrono::milliseconds connect{15'000};
  std::chrono::milliseconds stall{30'000};
};

/// HTTP/1.1 and 2, blocking, for worker threads; any number of them at a time. Connections are kept
/// and used again. Follows no redirects by itself.
class HttpClient {
 public:
  explicit HttpClient(Timeouts timeouts);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Throws TransportFailure, or what a sink or source throws.
  HttpResponse perform(const HttpRequest& request, const Cancellation& cancellation);

  struct Channel;

 private:
  std::unique_ptr<Channel> borrow();
  void giveBack(std::unique_ptr<Channel> channel);

  Timeouts timeouts_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Channel>> idle_;  ///< the one used last at the end: it is the warmest
};

}  // namespace stave::oci
