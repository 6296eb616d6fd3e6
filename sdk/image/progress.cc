#include <kj/debug.h>
#include <stave/image/progress.h>

namespace stave::image {

ProgressReporter::ProgressReporter(kj::Maybe<schema::ProgressSink::Client> sink)
    : sink_(kj::mv(sink)), sender_(kj::Promise<void>(kj::READY_NOW).fork()) {}

void ProgressReporter::report(ProgressLine line) {
  if (sink_ == nullptr) return;
  ProgressLine& last = last_[line.item];
  if (last == line) return;
  last = line;
  std::string item = line.item;
  if (waiting_.insert_or_assign(item, std::move(line)).second) order_.push_back(item);
  if (sending_) return;
  sending_ = true;
  sender_ = kj::evalLater([this]() { return sendAll().promise(); }).eagerlyEvaluate(nullptr).fork();
}

kj::Promise<void> ProgressReporter::drain() {
  return sender_.addBranch();
}

Task<> ProgressReporter::sendAll() {
  KJ_DEFER(sending_ = false);
  while (!order_.empty()) {
    auto& sink = KJ_ASSERT_NONNULL(sink_);
    auto request = sink.reportRequest();
    auto found = waiting_.extract(order_.front());
    order_.pop_front();
    auto progress = request.initProgress();
    const ProgressLine& line = found.mapped();
    progress.setItem(line.item.c_str());
    progress.setPhase(line.phase.c_str());
    progress.setCurrent(line.current);
    progress.setTotal(line.total);
    progress.setMessage(line.message.c_str());
    bool failed = false;
    try {
      co_await request.send();
    } catch (const kj::Exception&) {
      failed = true;
    }
    if (failed) {
      sink_ = nullptr;
      order_.clear();
      waiting_.clear();
      co_return;
    }
  }
}

}  // namespace stave::image
