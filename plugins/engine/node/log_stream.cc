#include "log_stream.h"

#include <fcntl.h>
#include <stave/os/entry.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>

#include <algorithm>

namespace stave::node {

namespace {

constexpr size_t chunkSize = 64 * 1024;
constexpr auto followInterval = 20 * kj::MILLISECONDS;

std::shared_ptr<kj::AutoCloseFd> openLog(const std::string& path) {
  return std::make_shared<kj::AutoCloseFd>(os::open(path, O_RDONLY));
}

}  // namespace

LogStream::LogStream(Environment& environment, std::string path, schema::LogQuery::Reader query,
                     schema::LogSink::Client sink, std::function<bool()> over)
    : environment_(environment),
      path_(std::move(path)),
      filter_{.since = query.getSince(),
              .until = query.getUntil(),
              .output = query.getStdout(),
              .errors = query.getStderr()},
      tail_(query.getTail()),
      following_(query.getFollow()),
      sink_(kj::mv(sink)),
      over_(std::move(over)) {}

Task<> LogStream::sendPresent() {
  // All files are opened first: a rotation meanwhile renames them and loses nothing.
  std::vector<std::shared_ptr<kj::AutoCloseFd>> files;
  for (auto& each : logFiles(path_)) files.push_back(openLog(each));
  if (tail_ >= 0) co_await skipToTail(files);
  for (auto& file : files) {
    current_ = {.file = file};
    bool more = true;
    while (more) more = co_await drain();
  }
  if (!following_) co_await sink_.endRequest().send();
}

Task<> LogStream::skipToTail(std::vector<std::shared_ptr<kj::AutoCloseFd>> files) {
  auto filter = filter_;
  auto counting = environment_.workers.run([files, filter]() {
    std::vector<int> numbers;
    for (auto& each : files) numbers.push_back(each->get());
    return countLines(numbers, filter);
  });
  uint64_t count = co_await kj::mv(counting);
  skip_ = count > static_cast<uint64_t>(tail_) ? count - tail_ : 0;
}

Task<> LogStream::follow() {
  for (;;) {
    bool over = over_();  // asked before the last look, so that nothing is missed
    bool more = co_await drain();
    if (more) continue;
    if (rotated()) {
      openNext();
      continue;
    }
    if (over) break;
    co_await environment_.timer.afterDelay(followInterval);
  }
  co_await sink_.endRequest().send();
}

/// Whether the path now names another file than the one that is read.
bool LogStream::rotated() const {
  auto now = os::findFile(path_);
  if (!now) return false;
  if (current_.file == nullptr) return true;
  auto fresh = os::open(path_, O_RDONLY);
  auto there = os::statOf(fresh.get());
  auto here = os::statOf(current_.file->get());
  return there.st_ino != here.st_ino || there.st_dev != here.st_dev;
}

void LogStream::openNext() {
  current_ = {.file = openLog(path_)};
}

/// Sends the next piece of the current file; false at its present end.
Task<bool> LogStream::drain() {
  if (current_.file == nullptr) co_return false;
  auto file = current_.file;
  auto offset = current_.offset;
  auto reading = environment_.workers.run([file, offset]() {
    std::string buffer(chunkSize, '\0');
    buffer.resize(os::readAt(file->get(), buffer.data(), chunkSize, offset));
    return buffer;
  });
  auto bytes = co_await kj::mv(reading);
  if (bytes.empty()) co_return false;
  current_.offset += bytes.size();
  current_.cutter.feed(bytes, [this](std::string_view line) { take(line); });
  co_await send();
  co_return true;
}

void LogStream::take(std::string_view line) {
  auto parsed = parseLogLine(line);
  if (!parsed || !filter_.takes(*parsed)) return;
  if (skip_ > 0) {
    --skip_;
    return;
  }
  entries_.push_back({parsed->time, parsed->isError, parsed->partial, std::string(parsed->text)});
}

Task<> LogStream::send() {
  if (entries_.empty()) co_return;
  auto request = sink_.entriesRequest();
  auto list = request.initEntries(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    auto& entry = entries_[i];
    list[i].setTime(entry.time);
    list[i].setStream(entry.isError ? schema::LogEntry::Stream::STDERR
                                    : schema::LogEntry::Stream::STDOUT);
    list[i].setPartial(entry.partial);
    list[i].setText(kj::StringPtr(entry.text.c_str(), entry.text.size()).asBytes());
  }
  entries_.clear();
  co_await request.send();
}

}  // namespace stave::node
