#include "logs.h"

#include <stave/error.h>
#include <stave/os/file.h>
#include <unistd.h>

#include <charconv>
#include <memory>

#include "output.h"
#include "session.h"

namespace stave::cli {

namespace {

struct LogFlags {
  bool follow = false, timestamps = false, details = false;
  std::string since, until, tail = "all";
};

class LogPrinter final : public schema::LogSink::Server {
 public:
  LogPrinter(bool timestamps, kj::Own<kj::PromiseFulfiller<void>> ended)
      : timestamps_(timestamps), ended_(kj::mv(ended)) {}

  kj::Promise<void> entries(EntriesContext context) override {
    std::string output, errors;
    for (auto entry : context.getParams().getEntries()) {
      bool toErrors = entry.getStream() == schema::LogEntry::Stream::STDERR;
      auto& text = toErrors ? errors : output;
      if (timestamps_ && !partial_) text += isoTime(entry.getTime()) + " ";
      text.append(reinterpret_cast<const char*>(entry.getText().begin()), entry.getText().size());
      partial_ = entry.getPartial();
      if (!partial_) text += '\n';
    }
    os::writeAll(STDOUT_FILENO, output.data(), output.size());
    os::writeAll(STDERR_FILENO, errors.data(), errors.size());
    return kj::READY_NOW;
  }

  kj::Promise<void> end(EndContext) override {
    ended_->fulfill();
    return kj::READY_NOW;
  }

 private:
  bool timestamps_;
  bool partial_ = false;
  kj::Own<kj::PromiseFulfiller<void>> ended_;
};

int64_t tailOf(const std::string& text) {
  if (text == "all") return -1;
  int64_t lines = 0;
  auto end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, lines);
  if (text.empty() || error != std::errc() || rest != end) {
    failFlag("--tail", text, "want a number of lines or all");
  }
  return lines < 0 ? -1 : lines;
}

int showLogs(Session& session, const LogFlags& options, const std::string& word) {
  auto ended = kj::newPromiseAndFulfiller<void>();
  auto request = session.client().engine().logsRequest();
  request.setPod(session.engineNameOf(word));
  auto query = request.initOptions();
  query.setFollow(options.follow);
  query.setTail(tailOf(options.tail));
  if (!options.since.empty()) query.setSince(parseTime(options.since));
  if (!options.until.empty()) query.setUntil(parseTime(options.until));
  request.setSink(kj::heap<LogPrinter>(options.timestamps, kj::mv(ended.fulfiller)));
  auto following = session.wait(request.send());
  session.wait(kj::mv(ended.promise));
  return 0;
}

}  // namespace

Action makeLogs(Flags& flags) {
  auto options = std::make_shared<LogFlags>();
  flags.toggle("-f,--follow", options->follow, "Go on with what comes");
  flags.toggle("-t,--timestamps", options->timestamps, "With the time of each line");
  flags.toggle("--details", options->details, "Accepted; there are none");
  flags.text("--since", options->since, "From this time on, or so long ago (10m)", "time");
  flags.text("--until", options->until, "Up to this time", "time");
  flags.text("-n,--tail", options->tail, "Only so many of the last lines (default all)", "lines");
  return [options](Session& session, const Words& words) {
    return showLogs(session, *options, words[0]);
  };
}

}  // namespace stave::cli
