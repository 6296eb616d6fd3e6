#include "progress_hub.h"

#include "text.h"

namespace stave::node {

namespace {

constexpr auto interval = 100 * kj::MILLISECONDS;

}  // namespace

class ProgressHub::Sink final : public schema::ProgressSink::Server {
 public:
  explicit Sink(std::shared_ptr<ProgressHub*> hub) : hub_(std::move(hub)) {}

  kj::Promise<void> report(ReportContext context) override {
    auto progress = context.getParams().getProgress();
    if (*hub_ != nullptr) {
      (*hub_)->report(text(progress.getItem()), text(progress.getPhase()), progress.getCurrent(),
                      progress.getTotal(), text(progress.getMessage()));
    }
    return kj::READY_NOW;
  }

 private:
  std::shared_ptr<ProgressHub*> hub_;
};

ProgressHub::ProgressHub(Environment& environment, std::string image)
    : environment_(environment),
      topic_("image/" + std::move(image) + "/progress"),
      self_(std::make_shared<ProgressHub*>(this)) {}

ProgressHub::~ProgressHub() noexcept {
  *self_ = nullptr;
  flush();
}

schema::ProgressSink::Client ProgressHub::sink() {
  return kj::heap<Sink>(self_);
}

void ProgressHub::report(std::string item, std::string phase, uint64_t current, uint64_t total,
                         std::string message) {
  changed_[std::move(item)] = {std::move(phase), current, total, std::move(message)};
  flushSoon();
}

void ProgressHub::flushSoon() {
  if (scheduled_) return;
  scheduled_ = true;
  flushing_ = environment_.timer.afterDelay(interval)
                  .then([this]() {
                    scheduled_ = false;
                    flush();
                  })
                  .eagerlyEvaluate(nullptr);
}

void ProgressHub::flush() {
  for (auto& [item, line] : changed_) {
    auto request = environment_.events.publishRequest();
    request.setTopic(topic_.c_str());
    auto attributes = request.initAttributes(5);
    auto set = [&](size_t index, const char* key, const std::string& value) {
      attributes[index].setKey(key);
      attributes[index].setValue(value.c_str());
    };
    set(0, "item", item);
    set(1, "phase", line.phase);
    set(2, "current", std::to_string(line.current));
    set(3, "total", std::to_string(line.total));
    set(4, "message", line.message);
    request.send().ignoreResult().detach([](kj::Exception&&) {});
  }
  changed_.clear();
}

}  // namespace stave::node
