#include "reporter.h"

namespace stave::layer {

namespace {

constexpr auto interval = 100 * kj::MILLISECONDS;
constexpr size_t shortDigest = 12;

kj::Promise<void> send(schema::ProgressSink::Client sink, kj::StringPtr item, kj::StringPtr phase,
                       uint64_t current, uint64_t total) {
  auto request = sink.reportRequest();
  auto progress = request.initProgress();
  progress.setItem(item);
  progress.setPhase(phase);
  progress.setCurrent(current);
  progress.setTotal(total);
  return request.send().attach(kj::mv(sink));
}

Task<> reportUntilFailure(kj::Timer& timer, schema::ProgressSink::Client sink, std::string item,
                          uint64_t total, kj::Own<Unpacking> unpacking) {
  uint64_t reported = 0;
  while (true) {
    co_await timer.afterDelay(interval);
    auto current = unpacking->bytesRead();
    if (current == reported) continue;
    reported = current;
    co_await send(sink, item.c_str(), "extracting", current, total);
  }
}

}  // namespace

kj::Promise<void> reportProgress(kj::Timer& timer, schema::ProgressSink::Client sink,
                                 std::string item, uint64_t total, kj::Own<Unpacking> unpacking) {
  return reportUntilFailure(timer, kj::mv(sink), kj::mv(item), total, kj::mv(unpacking))
      .promise()
      .catch_([](kj::Exception&&) {})
      .then([]() { return kj::Promise<void>(kj::NEVER_DONE); });
}

kj::Promise<void> reportDone(schema::ProgressSink::Client sink, std::string item, uint64_t total) {
  return send(kj::mv(sink), item.c_str(), "done", total, total).catch_([](kj::Exception&&) {});
}

std::string itemOf(schema::Storage::UnpackParams::Reader params) {
  auto diffId = params.getSource().getDiffId();
  kj::StringPtr name = diffId.size() > 0 ? diffId : params.getChainId();
  std::string digest(name.cStr(), name.size());
  auto colon = digest.find(':');
  return digest.substr(colon == std::string::npos ? 0 : colon + 1, shortDigest);
}

}  // namespace stave::layer
