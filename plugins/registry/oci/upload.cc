#include "upload.h"

#include <stave/error.h>
#include <stave/os/positioned_io.h>

#include <algorithm>
#include <charconv>

#include "registry_error.h"
#include "url.h"

namespace stave::oci {

namespace {

std::string locationIn(const HttpResponse& reply, const std::string& what) {
  std::string location = reply.header("location");
  if (location.empty()) fail(ErrorCode::INVALID, what + ": the registry's reply lacks a Location");
  return resolveUrl(reply.url, location);
}

/// How far an upload has come: "Range: 0-99" is 100 bytes.
uint64_t bytesIn(const HttpHead& head) {
  std::string range = head.header("range");
  size_t dash = range.find('-');
  if (dash == std::string::npos) return 0;
  uint64_t last = 0;
  auto [end, error] = std::from_chars(range.data() + dash + 1, range.data() + range.size(), last);
  return error == std::errc() && last > 0 ? last + 1 : 0;
}

}  // namespace

Upload::Upload(image::Descriptor blob, int file, SharedCounter progress)
    : blob_(std::move(blob)), file_(file), progress_(std::move(progress)) {}

std::string Upload::describe(const Repository& repository) const {
  return "pushing blob " + blob_.digest + " to " + repository.name();
}

bool Upload::exists(Repository& repository) {
  HttpRequest request;
  request.method = "HEAD";
  request.url = repository.urlOf("blobs/" + blob_.digest);
  HttpResponse reply = repository.send(request);
  if (reply.status == 200) return true;
  if (reply.status != 404)
    failResponse("looking for blob " + blob_.digest + " at " + repository.name(), reply);
  return false;
}

/// The place to upload to; empty if the blob was mounted.
std::string Upload::begin(Repository& repository, const std::string& mountFrom) {
  HttpRequest request;
  request.method = "POST";
  request.url = repository.urlOf("blobs/uploads/");
  if (!mountFrom.empty()) {
    request.url = withQuery(request.url, {{"mount", blob_.digest}, {"from", mountFrom}});
  }
  HttpResponse reply = repository.send(request);
  if (reply.status == 201 && !mountFrom.empty()) return "";
  if (reply.status != 202) failResponse(describe(repository), reply);
  return locationIn(reply, describe(repository));
}

HttpRequest Upload::bodyRequest(uint64_t size) const {
  HttpRequest request;
  request.headers.emplace("Content-Type", "application/octet-stream");
  request.sourceBytes = size;
  request.source = [file = file_, base = position_, progress = progress_](char* data, size_t wanted,
                                                                          uint64_t offset) {
    size_t got = os::readAt(file, data, wanted, base + offset);
    *progress = base + offset + got;
    return got;
  };
  return request;
}

void Upload::sendWhole(Repository& repository, const std::string& location) {
  HttpRequest request = bodyRequest(blob_.size);
  request.method = "PUT";
  request.url = withQuery(location, {{"digest", blob_.digest}});
  HttpResponse reply = repository.once(request);
  if (isTemporary(reply.status)) throw TransportFailure{"status " + std::to_string(reply.status)};
  if (reply.status != 201 && reply.status != 204) failResponse(describe(repository), reply);
}

HttpResponse Upload::sendChunk(Repository& repository, const std::string& location, uint64_t size) {
  HttpRequest request = bodyRequest(size);
  request.method = "PATCH";
  request.url = location;
  request.headers.emplace("Content-Range",
                          std::to_string(position_) + "-" + std::to_string(position_ + size - 1));
  return repository.once(request);
}

void Upload::findPosition(Repository& repository, const std::string& location) {
  HttpRequest request;
  request.url = location;
  HttpResponse reply = repository.send(request);
  if (reply.status != 204 && reply.status != 202) failResponse(describe(repository), reply);
  position_ = std::min(bytesIn(reply), blob_.size);
}

void Upload::sendChunks(Repository& repository, std::string location) {
  const RetryPolicy& policy = repository.services().policy();
  unsigned failures = 0;
  while (position_ < blob_.size) {
    uint64_t size = std::min(repository.services().chunkBytes(), blob_.size - position_);
    std::string reason;
    try {
      HttpResponse reply = sendChunk(repository, location, size);
      if (reply.status == 202 || reply.status == 204) {
        location = locationIn(reply, describe(repository));
        position_ += size;
        failures = 0;
        continue;
      }
      if (!isTemporary(reply.status) && reply.status != 416)
        failResponse(describe(repository), reply);
      reason = "status " + std::to_string(reply.status);
    } catch (const TransportFailure& failure) {
      reason = failure.text;
    }
    if (++failures >= policy.attempts) {
      fail(ErrorCode::UNAVAILABLE, describe(repository) + ": " + reason);
    }
    repository.cancellation().sleep(pauseBefore(failures, policy, nullptr));
    findPosition(repository, location);
  }
  finish(repository, location);
}

void Upload::finish(Repository& repository, const std::string& location) {
  HttpRequest request;
  request.method = "PUT";
  request.url = withQuery(location, {{"digest", blob_.digest}});
  HttpResponse reply = repository.send(request);
  if (reply.status != 201 && reply.status != 204) failResponse(describe(repository), reply);
}

Upload::Outcome Upload::to(Repository& repository, const std::vector<std::string>& mountFrom) {
  if (exists(repository)) return Outcome::existed;
  std::string location;
  if (!mountFrom.empty()) {
    Repository mounting = repository;
    mounting.alsoPullFrom(mountFrom.front());
    location = begin(mounting, mountFrom.front());
    if (location.empty()) return Outcome::mounted;
  } else {
    location = begin(repository, "");
  }
  send(repository, std::move(location));
  return Outcome::sent;
}

void Upload::send(Repository& repository, std::string location) {
  if (blob_.size > repository.services().chunkBytes()) return sendChunks(repository, location);
  const RetryPolicy& policy = repository.services().policy();
  for (unsigned failures = 1;; ++failures) {
    try {
      return sendWhole(repository, location);
    } catch (const TransportFailure& failure) {
      if (failures >= policy.attempts || !failure.transient) {
        fail(ErrorCode::UNAVAILABLE, describe(repository) + ": " + failure.text);
      }
    }
    repository.cancellation().sleep(pauseBefore(failures, policy, nullptr));
    if (exists(repository)) return;  // only the answer was lost
    location = begin(repository, "");
  }
}

std::string putManifest(Repository& repository, const image::Document& document,
                        const std::string& identifier) {
  HttpRequest request;
  request.method = "PUT";
  request.url = repository.urlOf("manifests/" + identifier);
  request.headers.emplace("Content-Type", document.mediaType);
  request.body = document.bytes;
  HttpResponse reply = repository.send(request);
  std::string what = "pushing the manifest to " + repository.name() + " as " + identifier;
  if (reply.status != 201 && reply.status != 200 && reply.status != 202) failResponse(what, reply);
  std::string digest = reply.header("docker-content-digest");
  if (image::isDigest(digest) && digest != document.digest) {
    fail(ErrorCode::INVALID,
         what + ": the registry has it as " + digest + ", not as " + document.digest);
  }
  return document.digest;
}

}  // namespace stave::oci
