#pragma once

#include <curl/curl.h>

#include <exception>

#include "http_client.h"

namespace stave::oci {

/// One exchange on one libcurl handle: sets it up, collects what comes, turns errors into ours.
class Exchange {
 public:
  Exchange(CURL* handle, const HttpRequest& request, const Timeouts& timeouts);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Runs it to its end on `multi`.
  HttpResponse run(CURLM* multi, const Cancellation& cancellation);

 private:
  void configure();
  void configureBody();
  void configureTls();
  CURLcode drive(CURLM* multi, const Cancellation& cancellation);
  void watchForStall();
  void finish(CURLcode code);
  [[noreturn]] void failTransport(CURLcode code);

  void takeHeader(std::string_view line);
  void takeBody(const char* data, size_t size);
  size_t giveBody(char* data, size_t size);
  template <typename Action>
  bool guarded(Action&& action);

  static size_t onHeader(char* data, size_t size, size_t count, void* self);
  static size_t onBody(char* data, size_t size, size_t count, void* self);
  static size_t onRead(char* data, size_t size, size_t count, void* self);
  static int onSeek(void* self, curl_off_t offset, int origin);

  CURL* handle_;
  const HttpRequest& request_;
  const Timeouts& timeouts_;
  curl_slist* headers_ = nullptr;
  HttpResponse response_;
  std::exception_ptr thrown_;
  uint64_t sent_ = 0;
  bool begun_ = false;
  bool stalled_ = false;
  Clock::time_point lastProgress_ = Clock::now();
  size_t headerBytes_ = 0;
  char errorText_[CURL_ERROR_SIZE] = {};
};

}  // namespace stave::oci
