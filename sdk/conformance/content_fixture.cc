#include "content_fixture.h"

#include <stave/os/positioned_io.h>

namespace stave::conformance {

void Writer::write(const std::string& bytes, uint64_t at) {
  os::writeAllAt(file, bytes.data(), bytes.size(), at);
}

kj::Promise<void> Writer::commit(const std::string& digest, uint64_t size, bool verified) {
  auto request = ingest.commitRequest();
  request.setDigest(digest.c_str());
  request.setSize(size);
  request.setVerified(verified);
  return request.send().ignoreResult();
}

Begun ContentClient::begin(const std::string& digest, uint64_t size) {
  auto request = content.ingestRequest();
  request.setDigest(digest.c_str());
  request.setSize(size);
  request.setOwner("conformance");
  auto reply = wait(request.send(), "ingest");
  auto state = reply.getUnion();
  Begun begun;
  if (state.isExists()) begun.exists = state.getExists();
  if (state.isBusy()) begun.busy = state.getBusy();
  if (state.isWriter()) {
    auto ingest = state.getWriter();
    auto file = wait(ingest.fileRequest().send(), "the ingest's file");
    auto fd = wait(takeFd(file.getFile(), "the ingest").promise(), "its descriptor");
    begun.writer = Writer{ingest, kj::mv(fd), file.getOffset()};
  }
  return begun;
}

Writer ContentClient::beginWriting(const std::string& digest, uint64_t size) {
  auto begun = begin(digest, size);
  KJ_IF_MAYBE (writer, begun.writer) {
    return kj::mv(*writer);
  }
  fail(ErrorCode::INTERNAL, "ingest of " + digest + ": should be ours to write");
}

std::string ContentClient::put(const std::string& bytes) {
  std::string digest = image::digestOf(bytes);
  auto writer = beginWriting(digest, bytes.size());
  writer.write(bytes, 0);
  wait(writer.commit(digest, bytes.size()), "commit");
  return digest;
}

std::string ContentClient::get(const std::string& digest) {
  auto request = content.openRequest();
  request.setDigest(digest.c_str());
  auto reply = wait(request.send(), "open");
  auto fd = wait(takeFd(reply.getBlob(), "the blob").promise(), "its descriptor");
  std::string bytes = os::readAll(fd.get());
  if (bytes.size() != reply.getSize()) fail(ErrorCode::INTERNAL, "open() gave a wrong size");
  return bytes;
}

kj::Promise<void> ContentClient::stat(const std::string& digest) {
  auto request = content.statRequest();
  request.setDigest(digest.c_str());
  return request.send().ignoreResult();
}

kj::Promise<void> ContentClient::open(const std::string& digest) {
  auto request = content.openRequest();
  request.setDigest(digest.c_str());
  return request.send().ignoreResult();
}

kj::Promise<void> ContentClient::follow(const std::string& digest) {
  auto request = content.followRequest();
  request.setDigest(digest.c_str());
  return request.send().ignoreResult();
}

bool ContentClient::has(const std::string& digest) {
  auto exception = kj::runCatchingExceptions([&] { wait(stat(digest), "stat"); });
  KJ_IF_MAYBE (found, exception) {
    if (codeOf(*found) != ErrorCode::NOT_FOUND) kj::throwFatalException(kj::mv(*found));
    return false;
  }
  return true;
}

schema::Hold::Client ContentClient::hold(const std::vector<std::string>& digests,
                                         const std::string& name, bool persistent) {
  auto request = content.holdRequest();
  auto list = request.initDigests(digests.size());
  for (size_t i = 0; i < digests.size(); ++i) list.set(i, digests[i].c_str());
  request.setName(name.c_str());
  request.setPersistent(persistent);
  return wait(request.send(), "hold").getHold();
}

void ContentClient::release(const std::string& name) {
  auto request = content.releaseRequest();
  request.setName(name.c_str());
  wait(request.send(), "release");
}

std::vector<std::string> ContentClient::holdNames() {
  std::vector<std::string> names;
  auto reply = wait(content.holdsRequest().send(), "holds");
  for (auto hold : reply.getHolds()) names.push_back(hold.getName().cStr());
  return names;
}

uint32_t ContentClient::collectAll() {
  auto request = content.collectRequest();
  request.setAll(true);
  return wait(request.send(), "collect").getRemoved();
}

bool waitFor(schema::Waiter::Client waiter) {
  return wait(waiter.waitRequest().send(), "the writer").getComplete();
}

}  // namespace stave::conformance
