#include <capnp/serialize-async.h>
#include <capnp/serialize.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <string>

#include "stave/connection.h"
#include "stave/os/file.h"

// Cap'n Proto 0.9.2's own stream does one writev and two recvmsg per message, and a call is three
// messages. This one batches writes until the loop has nothing else to do and reads as much as
// there is.
//
// What keeps descriptors with their message: a message with descriptors starts a sendmsg of its own
// and is alone in it, so on the other side descriptors belong to the message that holds the last
// byte of the recvmsg that brought them.
namespace stave {

namespace {

constexpr size_t inputWords = 8192;
constexpr size_t highWater = 256 * 1024;  // bytes that wait before a writer has to
constexpr size_t maxSegments = 512;
constexpr size_t maxDescriptors = 64;  // in one recvmsg

using Segments = kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>;

/// Bytes that wait to be sent, and which of them carry descriptors.
class OutputQueue {
 public:
  size_t waiting() const { return bytes_.size() - sent_; }

  /// Where the message begins and ends in the queue.
  std::pair<size_t, size_t> add(Segments segments) {
    uint32_t header[2 + maxSegments];
    size_t headerWords = segments.size() / 2 + 1;
    header[0] = segments.size() - 1;
    size_t words = headerWords;
    for (size_t i = 0; i < segments.size(); i++) {
      header[i + 1] = segments[i].size();
      words += segments[i].size();
    }
    if (segments.size() % 2 == 0) header[segments.size() + 1] = 0;
    size_t begin = bytes_.size();
    bytes_.reserve(begin + words * sizeof(capnp::word));
    bytes_.append(reinterpret_cast<const char*>(header), headerWords * sizeof(capnp::word));
    for (auto& segment : segments) {
      bytes_.append(reinterpret_cast<const char*>(segment.begin()), segment.asBytes().size());
    }
    return {begin, bytes_.size()};
  }

  void addDescriptors(std::pair<size_t, size_t> range, kj::Array<kj::AutoCloseFd> fds) {
    carriers_.push_back({range.first, range.second, kj::mv(fds)});
  }

  /// Sends what it can. False: the socket is full. Throws when the connection is broken.
  bool send(int socket) {
    while (sent_ < bytes_.size()) {
      size_t count = sendSome(socket);
      if (count == 0) return false;
      sent_ += count;
      if (!carriers_.empty() && sent_ > carriers_.front().begin) {
        carriers_.front().fds = nullptr;
        if (sent_ >= carriers_.front().end) carriers_.pop_front();
      }
    }
    bytes_.clear();
    if (bytes_.capacity() > 4 * highWater) bytes_.shrink_to_fit();
    sent_ = 0;
    return true;
  }

 private:
  struct Carrier {
    size_t begin, end;
    kj::Array<kj::AutoCloseFd> fds;
  };

  size_t sendSome(int socket) {
    size_t stop = bytes_.size();
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * maxDescriptors)];
    msghdr message{};
    if (!carriers_.empty()) {
      auto& carrier = carriers_.front();
      stop = sent_ < carrier.begin ? carrier.begin : carrier.end;
      if (sent_ >= carrier.begin) attach(message, control, carrier.fds);
    }
    iovec part{bytes_.data() + sent_, stop - sent_};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ssize_t count;
    do {
      count = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    if (count >= 0) return count;
    if (errno == EAGAIN) return 0;
    if (errno == EPIPE || errno == ECONNRESET) {
      kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "the peer closed the connection"));
    }
    KJ_FAIL_SYSCALL("sendmsg", errno);
  }

  static void attach(msghdr& message, char* control, kj::ArrayPtr<kj::AutoCloseFd> fds) {
    if (fds.size() == 0) return;
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    auto* numbers = reinterpret_cast<int*>(CMSG_DATA(header));
    for (size_t i = 0; i < fds.size(); i++) numbers[i] = fds[i].get();
  }

  std::string bytes_;
  size_t sent_ = 0;
  std::deque<Carrier> carriers_;
};

/// Bytes that came and were not yet taken as messages.
class InputBuffer {
 public:
  enum class Filled { more, drained, end };

  bool empty() const { return begin_ == end_; }

  kj::Maybe<capnp::MessageReaderAndFds> take(kj::ArrayPtr<kj::AutoCloseFd> fdSpace,
                                             const capnp::ReaderOptions& options) {
    size_t have = end_ - begin_;
    if (have < sizeof(capnp::word)) return nullptr;
    auto* header = reinterpret_cast<const uint32_t*>(data() + begin_);
    uint64_t segments = uint64_t(header[0]) + 1;
    if (segments >= maxSegments) refuse("a message of", segments, "segments");
    uint64_t words = segments / 2 + 1;
    if (have < words * sizeof(capnp::word)) return makeRoomFor(words * sizeof(capnp::word));
    for (uint64_t i = 0; i < segments; i++) words += header[i + 1];
    if (words > options.traversalLimitInWords) refuse("a message of", words, "words");
    size_t bytes = words * sizeof(capnp::word);
    if (have < bytes) return makeRoomFor(bytes);

    auto message = kj::heapArray<capnp::word>(words);
    memcpy(message.begin(), header, bytes);
    uint64_t messageEnd = streamOffset_ + begin_ + bytes;
    begin_ += bytes;
    if (begin_ == end_) rewind(0);
    auto fds = takeDescriptors(messageEnd, fdSpace);
    auto view = message.asPtr();
    return capnp::MessageReaderAndFds{
        kj::heap<capnp::FlatArrayMessageReader>(view, options).attach(kj::mv(message)), fds};
  }

  Filled fill(int socket) {
    if (begin_ > 0 && end_ == capacity()) rewind(end_ - begin_);
    iovec part{data() + end_, capacity() - end_};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * maxDescriptors)];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    ssize_t count;
    do {
      count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) return Filled::drained;
    if (count < 0 && errno == ECONNRESET) {
      kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "connection reset by peer"));
    }
    if (count < 0) KJ_FAIL_SYSCALL("recvmsg", errno);
    if (count == 0) return Filled::end;
    end_ += count;
    bool brought = keepDescriptors(message);
    return !brought && size_t(count) < part.iov_len ? Filled::drained : Filled::more;
  }

 private:
  struct Arrived {
    uint64_t lastByte;  // offset in the stream
    kj::Vector<kj::AutoCloseFd> fds;
  };

  [[noreturn]] static void refuse(const char* what, uint64_t count, const char* unit) {
    kj::throwFatalException(
        kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                      kj::str(what, " ", count, " ", unit, ", which is more than any has")));
  }

  char* data() { return reinterpret_cast<char*>(words_.begin()); }
  size_t capacity() { return words_.asBytes().size(); }

  /// Moves what is left to the front.
  void rewind(size_t left) {
    memmove(data(), data() + begin_, left);
    streamOffset_ += begin_;
    begin_ = 0;
    end_ = left;
  }

  kj::Maybe<capnp::MessageReaderAndFds> makeRoomFor(size_t bytes) {
    if (begin_ + bytes <= capacity()) return nullptr;
    size_t left = end_ - begin_;
    auto larger = kj::heapArray<capnp::word>(
        kj::max(inputWords, (bytes + sizeof(capnp::word) - 1) / sizeof(capnp::word)));
    memcpy(larger.begin(), data() + begin_, left);
    streamOffset_ += begin_;
    begin_ = 0;
    end_ = left;
    words_ = kj::mv(larger);
    return nullptr;
  }

  bool keepDescriptors(msghdr& message) {
    bool brought = false;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      brought = true;
      Arrived arrived{streamOffset_ + end_ - 1, {}};
      size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      auto* numbers = reinterpret_cast<int*>(CMSG_DATA(header));
      for (size_t i = 0; i < count; i++) arrived.fds.add(kj::AutoCloseFd(numbers[i]));
      arrived_.push_back(kj::mv(arrived));
    }
    return brought;
  }

  kj::ArrayPtr<kj::AutoCloseFd> takeDescriptors(uint64_t messageEnd,
                                                kj::ArrayPtr<kj::AutoCloseFd> space) {
    size_t count = 0;
    while (!arrived_.empty() && arrived_.front().lastByte < messageEnd) {
      for (auto& fd : arrived_.front().fds) {
        if (count < space.size()) space[count++] = kj::mv(fd);  // what is too many is closed
      }
      arrived_.pop_front();
    }
    return space.slice(0, count);
  }

  kj::Array<capnp::word> words_ = kj::heapArray<capnp::word>(inputWords);
  size_t begin_ = 0, end_ = 0;  // bytes
  uint64_t streamOffset_ = 0;   // of the buffer's first byte
  std::deque<Arrived> arrived_;
};

class BatchingStream final : public UnixMessageStream {
 public:
  BatchingStream(kj::UnixEventPort& port, kj::AutoCloseFd socket)
      : socket_(kj::mv(socket)),
        observer_(port, nonBlocking(socket_), kj::UnixEventPort::FdObserver::OBSERVE_READ_WRITE) {}

  using capnp::MessageStream::tryReadMessage;
  using capnp::MessageStream::writeMessage;
  using capnp::MessageStream::writeMessages;

  bool closedByPeer() const override { return closedByPeer_; }

  kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> tryReadMessage(
      kj::ArrayPtr<kj::AutoCloseFd> fdSpace, capnp::ReaderOptions options,
      kj::ArrayPtr<capnp::word>) override {
    while (true) {
      auto message = input_.take(fdSpace, options);
      KJ_IF_MAYBE (found, message) {
        return kj::Maybe<capnp::MessageReaderAndFds>(kj::mv(*found));
      }
      if (ended_) {
        if (!input_.empty()) {
          kj::throwFatalException(
              KJ_EXCEPTION(DISCONNECTED, "connection closed in the middle of a message"));
        }
        return kj::Maybe<capnp::MessageReaderAndFds>(nullptr);
      }
      KJ_IF_MAYBE (promise, readable_) {
        auto wait = kj::mv(*promise);
        readable_ = nullptr;
        return wait.then(
            [this, fdSpace, options]() { return tryReadMessage(fdSpace, options, nullptr); });
      }
      fill();
    }
  }

  kj::Promise<void> writeMessage(kj::ArrayPtr<const int> fds, Segments segments) override {
    KJ_REQUIRE(segments.size() < maxSegments, "message with too many segments", segments.size());
    KJ_IF_MAYBE (exception, broken_) {
      return kj::cp(*exception);
    }
    if (fds.size() > 0) flush();
    auto range = output_.add(segments);
    if (fds.size() > 0) {
      output_.addDescriptors(range, duplicates(fds));
      flush();
    } else {
      flushLater();
    }
    if (output_.waiting() > highWater) flush();
    KJ_IF_MAYBE (exception, broken_) {
      return kj::cp(*exception);
    }
    if (output_.waiting() <= highWater) return kj::READY_NOW;
    auto pair = kj::newPromiseAndFulfiller<void>();
    waitingForSpace_.push_back(kj::mv(pair.fulfiller));
    return kj::mv(pair.promise);
  }

  kj::Promise<void> writeMessages(kj::ArrayPtr<Segments> messages) override {
    auto promises = kj::heapArrayBuilder<kj::Promise<void>>(messages.size());
    for (auto& message : messages) promises.add(writeMessage(nullptr, message));
    return kj::joinPromises(promises.finish());
  }

  kj::Maybe<int> getSendBufferSize() override {
    int size;
    socklen_t length = sizeof(size);
    KJ_SYSCALL(getsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &size, &length));
    return size;
  }

  kj::Promise<void> end() override {
    ending_ = true;
    flush();
    shutdown(socket_, SHUT_WR);
    return kj::READY_NOW;
  }

 private:
  static int nonBlocking(int fd) {
    int flags;
    KJ_SYSCALL(flags = fcntl(fd, F_GETFL));
    KJ_SYSCALL(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
    return fd;
  }

  /// The caller's descriptors may be closed before a blocked send is through.
  static kj::Array<kj::AutoCloseFd> duplicates(kj::ArrayPtr<const int> fds) {
    auto copies = kj::heapArrayBuilder<kj::AutoCloseFd>(fds.size());
    for (int fd : fds) copies.add(os::duplicate(fd));
    return copies.finish();
  }

  void fill() {
    switch (fillInput()) {
      case InputBuffer::Filled::more:
        return;
      case InputBuffer::Filled::end:
        ended_ = true;
        closedByPeer_ = true;
        return;
      case InputBuffer::Filled::drained:
        // In the very turn that saw the socket empty: the observer is edge-triggered.
        readable_ = observer_.whenBecomesReadable();
        return;
    }
  }

  InputBuffer::Filled fillInput() {
    KJ_ON_SCOPE_FAILURE(closedByPeer_ = true);  // it was reset
    return input_.fill(socket_);
  }

  void flushLater() {
    if (flushArmed_) return;
    flushArmed_ = true;
    flushing_ = kj::evalLast([this]() {
                  flushArmed_ = false;
                  flush();
                }).eagerlyEvaluate(nullptr);
  }

  void flush() {
    if (blocked_ || broken_ != nullptr || sendAll()) return;
    blocked_ = true;
    unblocking_ = whenWritable();
  }

  /// Chains itself: a promise must never be replaced from its own continuation.
  kj::Promise<void> whenWritable() {
    return observer_.whenBecomesWritable()
        .then([this]() -> kj::Promise<void> {
          if (!sendAll()) return whenWritable();
          blocked_ = false;
          return kj::READY_NOW;
        })
        .eagerlyEvaluate(nullptr);
  }

  /// False: the socket is full. A broken connection is remembered for the next writer.
  bool sendAll() {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   if (!output_.send(socket_)) return;
                   for (auto& waiter : waitingForSpace_) waiter->fulfill();
                   waitingForSpace_.clear();
                 })) {
      for (auto& waiter : waitingForSpace_) waiter->reject(kj::cp(*exception));
      waitingForSpace_.clear();
      broken_ = kj::mv(*exception);
      // What this side gave up and the peer then did not take is no news.
      if (!ending_) closedByPeer_ = true;
      return true;
    }
    return output_.waiting() == 0;
  }

  kj::AutoCloseFd socket_;
  kj::UnixEventPort::FdObserver observer_;
  InputBuffer input_;
  OutputQueue output_;
  bool ended_ = false;
  bool ending_ = false;
  bool closedByPeer_ = false;
  bool flushArmed_ = false;
  bool blocked_ = false;
  kj::Maybe<kj::Promise<void>> readable_;
  kj::Maybe<kj::Exception> broken_;
  std::deque<kj::Own<kj::PromiseFulfiller<void>>> waitingForSpace_;
  kj::Promise<void> flushing_ = nullptr;
  kj::Promise<void> unblocking_ = nullptr;
};

}  // namespace

kj::Own<UnixMessageStream> newUnixMessageStream(kj::UnixEventPort& port, kj::AutoCloseFd socket) {
  return kj::heap<BatchingStream>(port, kj::mv(socket));
}

}  // namespace stave
