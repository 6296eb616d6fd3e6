#include "streams.h"

#include <signal.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/descriptor_reader.h>
#include <stave/os/file.h>
#include <stave/os/terminal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

namespace stave::cli {

namespace {

constexpr uint8_t standardInput = 0, standardOutput = 1, standardError = 2, endOfStream = 3;
constexpr int passedSignals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
constexpr std::string_view interruptedText = "interrupted by signal ";
constexpr int endingSignals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// One attachment: the socket, our descriptors, and the jobs between them.
class Carrier {
 public:
  Carrier(kj::AsyncIoContext& io, schema::Process::Client process, StreamOptions options)
      : io_(io),
        process_(kj::mv(process)),
        options_(kj::mv(options)),
        keys_(options_.terminal ? options_.detachKeys : ""),
        input_(io.unixEventPort, STDIN_FILENO) {}

  Task<StreamEnd> run();

 private:
  Task<> carryInput();
  Task<> carryOutput();
  Task<> passSignal(int number);
  Task<> followSize();
  void show(const FrameReader::Frame& frame);
  kj::Promise<void> aside();
  kj::Promise<void> interrupted();

  kj::AsyncIoContext& io_;
  schema::Process::Client process_;
  StreamOptions options_;
  DetachKeys keys_;
  os::DescriptorReader input_;
  kj::Own<kj::AsyncIoStream> socket_;
  FrameReader frames_;
};

void Carrier::show(const FrameReader::Frame& frame) {
  bool shown = frame.stream == standardError ? options_.errors : options_.output;
  if (!shown || frame.stream == endOfStream) return;
  int target = frame.stream == standardError ? STDERR_FILENO : STDOUT_FILENO;
  os::writeAll(target, frame.bytes.data(), frame.bytes.size());
}

Task<> Carrier::carryOutput() {
  constexpr size_t chunk = 64 * 1024;
  auto buffer = kj::heapArray<char>(chunk);
  for (;;) {
    auto count = co_await socket_->tryRead(buffer.begin(), 1, chunk);
    if (count == 0) co_return;
    frames_.add({buffer.begin(), count});
    for (;;) {
      auto frame = frames_.next();
      KJ_IF_MAYBE (whole, frame) {
        show(*whole);
      } else {
        break;
      }
    }
  }
}

// The end of our input is told to the process and does not end the attachment.
Task<> Carrier::carryInput() {
  for (;;) {
    auto typed = co_await input_.read();
    if (typed.empty()) break;
    auto passed = keys_.filter(typed);
    auto frame = frameOf(standardInput, passed);
    if (!passed.empty()) co_await socket_->write(frame.data(), frame.size());
    if (keys_.detached()) co_return;
  }
  auto end = frameOf(endOfStream, std::string_view("\0", 1));
  co_await socket_->write(end.data(), end.size());
  co_await kj::Promise<void>(kj::NEVER_DONE);
}

Task<> Carrier::passSignal(int number) {
  for (;;) {
    co_await io_.unixEventPort.onSignal(number).ignoreResult();
    auto request = process_.signalRequest();
    request.setNumber(number);
    co_await request.send().ignoreResult();
  }
}

Task<> Carrier::followSize() {
  auto known = os::terminalSize(STDOUT_FILENO);
  for (;;) {
    co_await io_.unixEventPort.onSignal(SIGWINCH).ignoreResult();
    auto size = os::terminalSize(STDOUT_FILENO);
    if (size.width == known.width && size.height == known.height) continue;
    known = size;
    auto request = process_.resizeRequest();
    request.setWidth(size.width);
    request.setHeight(size.height);
    co_await request.send().ignoreResult();
  }
}

/// Never done: fails when a signal asks us to end.
kj::Promise<void> Carrier::interrupted() {
  kj::Promise<void> first = kj::NEVER_DONE;
  for (int number : endingSignals) {
    first = first.exclusiveJoin(io_.unixEventPort.onSignal(number).then([number](siginfo_t) {
      fail(ErrorCode::CANCELLED, std::string(interruptedText) + std::to_string(number));
    }));
  }
  return first;
}

/// Signals and sizes. A failure of these, as when the process has just ended, ends nothing else.
kj::Promise<void> Carrier::aside() {
  kj::Vector<kj::Promise<void>> jobs;
  auto add = [&jobs](kj::Promise<void> job) { jobs.add(job.catch_([](kj::Exception&&) {})); };
  if (options_.passSignals) {
    for (int number : passedSignals) add(passSignal(number));
  }
  if (options_.terminal && os::isTerminal(STDOUT_FILENO)) add(followSize());
  return kj::joinPromises(jobs.releaseAsArray()).then([]() -> kj::Promise<void> {
    return kj::NEVER_DONE;
  });
}

Task<StreamEnd> Carrier::run() {
  using Streams = capnp::Response<schema::Process::StreamsResults>;
  kj::Promise<Streams> opening = process_.streamsRequest().send();
  auto stopped = interrupted().then([]() -> kj::Promise<Streams> { return kj::NEVER_DONE; });
  auto streams = co_await opening.exclusiveJoin(kj::mv(stopped));
  auto taking = takeFd(streams.getSocket(), "the process's streams").promise();
  auto descriptor = co_await taking.catch_([](kj::Exception&&) -> kj::Promise<kj::AutoCloseFd> {
    return makeError(
        ErrorCode::UNSUPPORTED,
        "a daemon gives the streams of a process only over its Unix socket: to another "
        "machine use run -d and logs");
  });
  socket_ = io_.lowLevelProvider->wrapSocketFd(descriptor.release(),
                                               kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
  std::optional<os::RawMode> raw;
  bool typed = options_.input && options_.terminal && os::isTerminal(STDIN_FILENO);
  if (typed) raw.emplace(STDIN_FILENO);
  kj::Promise<void> output = carryOutput();
  auto ended = output.then([]() { return StreamEnd::ended; });
  if (options_.input) {
    // A process that closed its input still has output: only detaching ends the attachment here.
    kj::Promise<void> input = carryInput();
    ended = ended.exclusiveJoin(
        input.catch_([](kj::Exception&&) -> kj::Promise<void> { return kj::NEVER_DONE; })
            .then([]() { return StreamEnd::detached; }));
  }
  if (!options_.passSignals) {
    ended = ended.exclusiveJoin(
        interrupted().then([]() -> kj::Promise<StreamEnd> { return kj::NEVER_DONE; }));
  }
  auto others = aside().eagerlyEvaluate(nullptr);
  auto end = co_await kj::mv(ended);
  co_return end;
}

}  // namespace

void captureSignals() {
  for (int number : passedSignals) kj::UnixEventPort::captureSignal(number);
  kj::UnixEventPort::captureSignal(SIGWINCH);
}

int interruptedBy(const kj::Exception& exception) {
  std::string_view text = exception.getDescription().cStr();
  auto at = text.find(interruptedText);
  if (at == std::string_view::npos) return 0;
  return ::atoi(text.data() + at + interruptedText.size());
}

Task<StreamEnd> carryStreams(kj::AsyncIoContext& io, schema::Process::Client process,
                             StreamOptions options) {
  auto carrier = kj::heap<Carrier>(io, kj::mv(process), kj::mv(options));
  auto end = co_await carrier->run();
  co_return end;
}

}  // namespace stave::cli
