#include "http_client.h"

#include <charconv>

#include "exchange.h"

namespace stave::oci {

/// A handle with the connections that it keeps open.
struct HttpClient::Channel {
  CURLM* multi = curl_multi_init();
  CURL* easy = curl_easy_init();

  Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }
};

std::string HttpHead::header(const std::string& name) const {
  auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::vector<std::string> HttpHead::all(const std::string& name) const {
  std::vector<std::string> result;
  auto [begin, end] = headers.equal_range(name);
  for (auto header = begin; header != end; ++header) result.push_back(header->second);
  return result;
}

std::optional<uint64_t> HttpHead::contentLength() const {
  std::string text = header("content-length");
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

HttpClient::HttpClient(Timeouts timeouts) : timeouts_(timeouts) {}
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Channel> HttpClient::borrow() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto channel = std::move(idle_.back());
      idle_.pop_back();
      return channel;
    }
  }
  auto channel = std::make_unique<Channel>();
  if (channel->multi == nullptr || channel->easy == nullptr) throw std::bad_alloc();
  return channel;
}

void HttpClient::giveBack(std::unique_ptr<Channel> channel) {
  constexpr size_t maxIdle = 32;
  std::lock_guard lock(mutex_);
  if (idle_.size() < maxIdle) idle_.push_back(std::move(channel));
}

HttpResponse HttpClient::perform(const HttpRequest& request, const Cancellation& cancellation) {
  cancellation.check();
  auto channel = borrow();
  HttpResponse response =
      Exchange(channel->easy, request, timeouts_).run(channel->multi, cancellation);
  giveBack(std::move(channel));
  return response;
}

}  // namespace stave::oci
