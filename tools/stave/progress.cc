#include "progress.h"

#include "output.h"

namespace stave::cli {

namespace {

constexpr int64_t millisecond = 1'000'000;
constexpr std::string_view topicPrefix = "image/";
constexpr std::string_view topicSuffix = "/progress";

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

ProgressLine lineOf(schema::BusEvent::Reader event) {
  ProgressLine line;
  for (auto attribute : event.getAttributes()) {
    std::string key = attribute.getKey(), value = attribute.getValue();
    if (key == "item") line.item = value;
    if (key == "phase") line.phase = value;
    if (key == "message") line.message = value;
    if (key == "current") line.current = ::strtoull(value.c_str(), nullptr, 10);
    if (key == "total") line.total = ::strtoull(value.c_str(), nullptr, 10);
  }
  return line;
}

class EventView final : public schema::EventSink::Server {
 public:
  EventView(std::string image, ProgressView& view) : image_(std::move(image)), view_(view) {}

  kj::Promise<void> event(EventContext context) override {
    for (auto event : context.getParams().getEvents()) {
      if (isTopicOf(event.getTopic().cStr(), image_)) view_.update(lineOf(event));
    }
    return kj::READY_NOW;
  }

 private:
  std::string image_;
  ProgressView& view_;
};

class SinkView final : public schema::ProgressSink::Server {
 public:
  explicit SinkView(ProgressView& view) : view_(view) {}

  kj::Promise<void> report(ReportContext context) override {
    auto progress = context.getParams().getProgress();
    view_.update({progress.getItem(), progress.getPhase(), progress.getMessage(),
                  progress.getCurrent(), progress.getTotal()});
    return kj::READY_NOW;
  }

 private:
  ProgressView& view_;
};

}  // namespace

bool isTopicOf(std::string_view topic, std::string_view image) {
  if (topic.substr(0, topicPrefix.size()) != topicPrefix || !endsWith(topic, topicSuffix))
    return false;
  topic.remove_prefix(topicPrefix.size());
  topic.remove_suffix(topicSuffix.size());
  for (auto name : {std::string(image), std::string(image) + ":latest"}) {
    if (topic == name || endsWith(topic, "/" + name)) return true;
  }
  return false;
}

std::string progressText(const ProgressLine& line, double seconds) {
  if (!line.message.empty() && line.total == 0) return line.phase + "  " + line.message;
  if (line.total == 0) return line.phase;
  constexpr size_t width = 30;
  auto share = std::min(1.0, double(line.current) / double(line.total));
  auto filled = size_t(share * width);
  std::string bar(filled, '=');
  if (filled < width) bar += '>';
  bar.resize(width, ' ');
  auto text = line.phase + "  [" + bar + "]  " + humanBytes(double(line.current)) + "/" +
              humanBytes(double(line.total));
  bool moving = seconds > 0.2 && line.current > 0 && line.current < line.total;
  if (moving) text += "  " + humanBytes(double(line.current) / seconds) + "/s";
  return text;
}

ProgressView::ProgressView(bool quiet) : quiet_(quiet), terminal_(errorsAreTerminal()) {}

void ProgressView::update(const ProgressLine& line) {
  if (quiet_) return;
  auto now = nowNanoseconds();
  auto [row, isNew] = rows_.try_emplace(line.item);
  if (isNew) order_.push_back(line.item);
  bool changed = row->second.line.phase != line.phase;
  if (changed) row->second.started = now;
  row->second.line = line;
  if (!terminal_) {
    if (changed) printError(line.item + ": " + line.phase + "\n");
    return;
  }
  constexpr int64_t shortest = 50 * millisecond;
  if (!changed && now - drawn_ < shortest) return;
  drawn_ = now;
  draw();
}

void ProgressView::draw() {
  std::string text = height_ > 0 ? "\033[" + std::to_string(height_) + "A" : "";
  for (auto& item : order_) {
    auto& row = rows_.at(item);
    auto seconds = double(drawn_ - row.started) / 1e9;
    text += "\r\033[K" + item + ": " + progressText(row.line, seconds) + "\r\n";
  }
  height_ = order_.size();
  printError(text);
}

schema::ProgressSink::Client newProgressSink(ProgressView& view) {
  return kj::heap<SinkView>(view);
}

kj::Promise<void> followPull(schema::EventBus::Client events, std::string image,
                             ProgressView& view) {
  auto request = events.subscribeRequest();
  request.setPrefix(topicPrefix.data());
  request.setSink(kj::heap<EventView>(std::move(image), view));
  return request.send().then(
      [](auto reply) { return kj::Promise<void>(kj::NEVER_DONE).attach(reply.getSubscription()); });
}

}  // namespace stave::cli
