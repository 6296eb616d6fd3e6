#include "exchange.h"

#include <stave/error.h>

#include <algorithm>
#include <cctype>

namespace stave::oci {

namespace {

constexpr int pollMillis = 100;  // how soon a cancelled exchange ends
constexpr size_t maxHeaderBytes = 256 * 1024;

std::string trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  size_t end = text.find_last_not_of(" \t\r\n");
  return std::string(text.substr(begin, end - begin + 1));
}

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Puts the handle on the multi handle and takes it off again whatever happens.
class Attached {
 public:
  Attached(CURLM* multi, CURL* handle) : multi_(multi), handle_(handle) {
    curl_multi_add_handle(multi_, handle_);
  }
  ~Attached() { curl_multi_remove_handle(multi_, handle_); }

 private:
  CURLM* multi_;
  CURL* handle_;
};

}  // namespace

Exchange::Exchange(CURL* handle, const HttpRequest& request, const Timeouts& timeouts)
    : handle_(handle), request_(request), timeouts_(timeouts) {
  for (auto& [name, value] : request.headers) {
    headers_ = curl_slist_append(headers_, (name + ": " + value).c_str());
  }
  headers_ = curl_slist_append(headers_, "Expect:");
  configure();
  configureBody();
  configureTls();
}

Exchange::~Exchange() {
  curl_easy_reset(handle_);
  curl_slist_free_all(headers_);
}

void Exchange::configure() {
  curl_easy_setopt(handle_, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(handle_, CURLOPT_USERAGENT, "stave");
  curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, errorText_);
  curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(timeouts_.connect.count()));
  curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &onHeader);
  curl_easy_setopt(handle_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &onBody);
  curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
}

void Exchange::configureBody() {
  if (request_.method == "HEAD") {
    curl_easy_setopt(handle_, CURLOPT_NOBODY, 1L);
  } else if (request_.source || request_.method == "PUT" || request_.method == "PATCH") {
    curl_easy_setopt(handle_, CURLOPT_UPLOAD, 1L);
    uint64_t size = request_.source ? request_.sourceBytes : request_.body.size();
    curl_easy_setopt(handle_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
    curl_easy_setopt(handle_, CURLOPT_READFUNCTION, &onRead);
    curl_easy_setopt(handle_, CURLOPT_READDATA, this);
    curl_easy_setopt(handle_, CURLOPT_SEEKFUNCTION, &onSeek);
    curl_easy_setopt(handle_, CURLOPT_SEEKDATA, this);
    curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  } else if (request_.method == "POST") {
    curl_easy_setopt(handle_, CURLOPT_POST, 1L);
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, request_.body.c_str());
  } else if (request_.method != "GET") {
    curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

void Exchange::configureTls() {
  const TlsOptions& tls = request_.tls;
  if (!tls.caFile.empty()) curl_easy_setopt(handle_, CURLOPT_CAINFO, tls.caFile.c_str());
  if (!tls.clientCertificate.empty()) {
    curl_easy_setopt(handle_, CURLOPT_SSLCERT, tls.clientCertificate.c_str());
    curl_easy_setopt(handle_, CURLOPT_SSLKEY, tls.clientKey.c_str());
  }
  curl_easy_setopt(handle_, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  curl_easy_setopt(handle_, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
}

template <typename Action>
bool Exchange::guarded(Action&& action) {
  if (thrown_) return false;
  try {
    action();
    return true;
  } catch (...) {
    thrown_ = std::current_exception();
    return false;
  }
}

size_t Exchange::onHeader(char* data, size_t size, size_t count, void* self) {
  auto exchange = static_cast<Exchange*>(self);
  bool good = exchange->guarded([&] { exchange->takeHeader({data, size * count}); });
  return good ? size * count : 0;
}

size_t Exchange::onBody(char* data, size_t size, size_t count, void* self) {
  auto exchange = static_cast<Exchange*>(self);
  bool good = exchange->guarded([&] { exchange->takeBody(data, size * count); });
  return good ? size * count : CURL_WRITEFUNC_ERROR;
}

size_t Exchange::onRead(char* data, size_t size, size_t count, void* self) {
  auto exchange = static_cast<Exchange*>(self);
  size_t given = 0;
  bool good = exchange->guarded([&] { given = exchange->giveBody(data, size * count); });
  return good ? given : CURL_READFUNC_ABORT;
}

int Exchange::onSeek(void* self, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Exchange*>(self)->sent_ = offset;
  return CURL_SEEKFUNC_OK;
}

void Exchange::takeHeader(std::string_view line) {
  lastProgress_ = Clock::now();
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    headerBytes_ = 0;
    return;
  }
  headerBytes_ += line.size();
  if (headerBytes_ > maxHeaderBytes)
    fail(ErrorCode::INVALID, request_.url + ": too many reply headers");
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  response_.headers.emplace(lowered(trimmed(line.substr(0, colon))),
                            trimmed(line.substr(colon + 1)));
}

void Exchange::takeBody(const char* data, size_t size) {
  lastProgress_ = Clock::now();
  if (request_.sink != nullptr && response_.status >= 200 && response_.status < 300) {
    if (!begun_) request_.sink->begin(response_);
    begun_ = true;
    request_.sink->take(data, size);
    return;
  }
  if (response_.body.size() + size > request_.maxBody) {
    fail(ErrorCode::INVALID, request_.url + ": the reply is larger than the " +
                                 std::to_string(request_.maxBody) + " bytes allowed");
  }
  response_.body.append(data, size);
}

size_t Exchange::giveBody(char* data, size_t size) {
  lastProgress_ = Clock::now();
  uint64_t total = request_.source ? request_.sourceBytes : request_.body.size();
  size_t wanted = std::min<uint64_t>(size, total - std::min(sent_, total));
  if (request_.source) {
    wanted = request_.source(data, wanted, sent_);
  } else {
    std::copy_n(request_.body.data() + sent_, wanted, data);
  }
  sent_ += wanted;
  return wanted;
}

void Exchange::watchForStall() {
  stalled_ = timeouts_.stall.count() > 0 && Clock::now() - lastProgress_ > timeouts_.stall;
}

CURLcode Exchange::drive(CURLM* multi, const Cancellation& cancellation) {
  Attached attached(multi, handle_);
  for (;;) {
    int running = 0;
    CURLMcode code = curl_multi_perform(multi, &running);
    if (code != CURLM_OK) throw TransportFailure{curl_multi_strerror(code), false};
    int left = 0;
    if (CURLMsg* message = curl_multi_info_read(multi, &left)) return message->data.result;
    cancellation.check();
    watchForStall();
    if (stalled_) return CURLE_OPERATION_TIMEDOUT;
    curl_multi_poll(multi, nullptr, 0, pollMillis, nullptr);
  }
}

void Exchange::failTransport(CURLcode code) {
  std::string reason = errorText_[0] != '\0' ? errorText_ : curl_easy_strerror(code);
  if (stalled_) {
    reason = "no byte came for " + std::to_string(timeouts_.stall.count()) + " ms";
  }
  bool hopeless = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
                  code == CURLE_SSL_CERTPROBLEM || code == CURLE_URL_MALFORMAT ||
                  code == CURLE_UNSUPPORTED_PROTOCOL;
  throw TransportFailure{request_.method + " " + request_.url + ": " + reason, !hopeless};
}

void Exchange::finish(CURLcode code) {
  if (thrown_) std::rethrow_exception(thrown_);
  if (code != CURLE_OK) failTransport(code);
  bool success = response_.status >= 200 && response_.status < 300;
  if (request_.sink != nullptr && success && !begun_) request_.sink->begin(response_);
}

HttpResponse Exchange::run(CURLM* multi, const Cancellation& cancellation) {
  response_.url = request_.url;
  finish(drive(multi, cancellation));
  return std::move(response_);
}

}  // namespace stave::oci
