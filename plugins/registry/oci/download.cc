#include "download.h"

#include <stave/error.h>
#include <stave/os/positioned_io.h>

#include <charconv>

#include "registry_error.h"

namespace stave::oci {

namespace {

/// Where a partial reply begins: "bytes 100-199/200".
std::optional<uint64_t> rangeStart(const HttpHead& head) {
  constexpr std::string_view unit = "bytes ";
  std::string text = head.header("content-range");
  if (!text.starts_with(unit)) return std::nullopt;
  uint64_t start = 0;
  auto [end, error] = std::from_chars(text.data() + unit.size(), text.data() + text.size(), start);
  if (error != std::errc() || *end != '-') return std::nullopt;
  return start;
}

}  // namespace

Download::Download(image::Descriptor blob, int file, uint64_t offset, SharedCounter progress)
    : blob_(std::move(blob)),
      file_(file),
      position_(offset),
      writer_(file, offset),
      progress_(std::move(progress)),
      hasher_(image::parseDigest(blob_.digest, "layer").algorithm) {
  hashWhatIsThere();
}

void Download::refuse(const std::string& why) const {
  fail(ErrorCode::INVALID, "blob " + blob_.digest + ": " + why);
}

void Download::hashWhatIsThere() {
  if (position_ > blob_.size) position_ = 0;
  position_ = image::hashFile(hasher_, file_, 0, position_);
  writer_.restart(position_);
  *progress_ = position_;
}

void Download::restart() {
  os::truncate(file_, 0);
  writer_.restart(0);
  position_ = 0;
  *progress_ = 0;
  hasher_ = image::Hasher(image::parseDigest(blob_.digest, "layer").algorithm);
}

void Download::begin(const HttpHead& head) {
  if (head.status == 206) {
    auto start = rangeStart(head);
    if (start != position_) refuse("the registry sent another range than was asked for");
  } else if (position_ > 0) {
    restart();
  }
  auto length = head.contentLength();
  if (length && position_ + *length != blob_.size) {
    refuse("the registry announces " + std::to_string(position_ + *length) +
           " bytes, the manifest " + std::to_string(blob_.size));
  }
}

void Download::take(const char* data, size_t size) {
  if (position_ + size > blob_.size) {
    refuse("more than the " + std::to_string(blob_.size) + " bytes of the manifest came");
  }
  writer_.write(data, size);
  hasher_.update(data, size);
  position_ += size;
  *progress_ = position_;
}

/// One request for what is missing. false: try again after a pause.
bool Download::attempt(Repository& repository, const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.sink = this;
  if (position_ > 0) {
    request.headers.emplace("Range", "bytes=" + std::to_string(position_) + "-");
  }
  HttpResponse reply = repository.once(request);
  if (reply.status == 416) {
    restart();
    return false;
  }
  if (isTemporary(reply.status)) {
    refusal_ = std::move(reply);
    return false;
  }
  if (reply.status != 200 && reply.status != 206) {
    failResponse("getting blob " + blob_.digest + " of " + repository.name(), reply);
  }
  return position_ == blob_.size;
}

void Download::giveUp(Repository& repository, const std::string& reason) const {
  std::string attempted = "getting blob " + blob_.digest + " of " + repository.name();
  if (refusal_) failResponse(attempted, *refusal_);
  fail(ErrorCode::UNAVAILABLE, attempted + ": " + reason + "; what has come is kept");
}

void Download::fetch(Repository& repository, const std::string& url) {
  const RetryPolicy& policy = repository.services().policy();
  unsigned failures = 0;
  bool done = position_ == blob_.size && blob_.size > 0;
  while (!done) {
    uint64_t before = position_;
    std::string reason = "the transfer ended early";
    refusal_.reset();
    try {
      done = attempt(repository, url);
    } catch (const TransportFailure& failure) {
      reason = failure.text;
      if (!failure.transient) giveUp(repository, reason);
    }
    if (done) return;
    failures = position_ > before ? 1 : failures + 1;
    if (failures >= policy.attempts) giveUp(repository, reason);
    repository.cancellation().sleep(pauseBefore(failures, policy, refusal_ ? &*refusal_ : nullptr));
  }
}

bool Download::verify() {
  writer_.flush();
  std::string computed = hasher_.finish();
  if (computed == blob_.digest) return true;
  restart();
  return false;
}

void Download::from(Repository& repository, const std::string& url) {
  bool resumed = position_ > 0;
  KJ_ON_SCOPE_FAILURE(kj::runCatchingExceptions([this]() { writer_.flush(); }));
  fetch(repository, url);
  if (verify()) return;
  if (!resumed) refuse("what " + repository.name() + " sent has another digest");
  fetch(repository, url);
  if (!verify()) refuse("what " + repository.name() + " sent has another digest");
}

void Download::from(Repository& repository) {
  from(repository, repository.urlOf("blobs/" + blob_.digest));
}

}  // namespace stave::oci
