#include "attachment.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

namespace stave::monitor {

namespace {

void writeBigEndian(uint8_t* target, uint32_t value) {
  for (int i = 0; i < 4; i++) target[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

uint32_t readBigEndian(const uint8_t* source) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) value = value << 8 | source[i];
  return value;
}

long transmit(int socket, iovec* parts, size_t count) {
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  return sys::invoke(__NR_sendmsg, socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

long receiveSome(int socket, void* data, size_t size) {
  return sys::invoke(__NR_recvfrom, socket, data, size, MSG_DONTWAIT, nullptr, nullptr);
}

}  // namespace

void Attachment::begin(int socket) {
  end();
  socket_.reset(socket);
}

void Attachment::end() {
  if (open()) {
    // What is left unread would turn the end of the stream into an error at the other side.
    char unread[512];
    sys::invoke(__NR_shutdown, fd(), SHUT_WR);
    while (receiveSome(fd(), unread, sizeof(unread)) > 0) {
    }
  }
  socket_.reset();
  lossless_ = false;
  gaveInput_ = false;
  inputClosed_ = false;
  headerSize_ = 0;
  payload_ = 0;
  pending_ = 0;
}

void Attachment::send(plan::FrameKind kind, const char* data, size_t size) {
  if (!open() || blocked()) return;
  uint8_t header[plan::frameHeaderSize] = {kind};
  writeBigEndian(header + 4, static_cast<uint32_t>(size));
  iovec parts[] = {{header, sizeof(header)}, {const_cast<char*>(data), size}};
  long sent = transmit(fd(), parts, 2);
  if (lossless_ && (sent == -EAGAIN || sent == -EINTR)) sent = 0;
  if (sent >= 0) {
    keepRest(header, data, size, static_cast<size_t>(sent));
  } else if (sent != -EAGAIN && sent != -EINTR) {
    end();
  }
}

void Attachment::keepRest(const uint8_t* header, const char* data, size_t size, size_t sent) {
  restStart_ = 0;
  pending_ = plan::frameHeaderSize + size - sent;
  if (pending_ == 0) return;
  size_t headerLeft = sent < plan::frameHeaderSize ? plan::frameHeaderSize - sent : 0;
  memcpy(rest_, header + plan::frameHeaderSize - headerLeft, headerLeft);
  size_t dataLeft = pending_ - headerLeft;
  memcpy(rest_ + headerLeft, data + size - dataLeft, dataLeft);
}

void Attachment::flush() {
  if (!blocked()) return;
  iovec part{rest_ + restStart_, pending_};
  long sent = transmit(fd(), &part, 1);
  if (sent > 0) {
    restStart_ += static_cast<size_t>(sent);
    pending_ -= static_cast<size_t>(sent);
  } else if (sent != -EAGAIN && sent != -EINTR) {
    end();
  }
}

Attachment::Input Attachment::receive(char* data, size_t size) {
  if (payload_ == 0) return receiveHeader();
  size_t wanted = payload_ < size ? payload_ : size;
  long received = receiveSome(fd(), data, wanted);
  if (received == -EAGAIN || received == -EINTR) return {Input::nothing, 0};
  if (received <= 0) return {Input::closed, 0};
  payload_ -= static_cast<uint32_t>(received);
  if (header_[0] == plan::standardInput) {
    gaveInput_ = true;
    return {Input::data, static_cast<size_t>(received)};
  }
  bool inputEnds = header_[0] == plan::endOfStream && data[0] == plan::standardInput;
  return {inputEnds ? Input::endOfInput : Input::nothing, 0};
}

Attachment::Input Attachment::receiveHeader() {
  long received = receiveSome(fd(), header_ + headerSize_, sizeof(header_) - headerSize_);
  if (received == -EAGAIN || received == -EINTR) return {Input::nothing, 0};
  if (received <= 0) return {Input::closed, 0};
  headerSize_ += static_cast<size_t>(received);
  if (headerSize_ == sizeof(header_)) {
    payload_ = readBigEndian(header_ + 4);
    headerSize_ = 0;
  }
  return {Input::nothing, 0};
}

}  // namespace stave::monitor
