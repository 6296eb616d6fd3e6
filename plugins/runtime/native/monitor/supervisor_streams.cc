#include <errno.h>
#include <signal.h>
#include <string.h>

#include "supervisor.h"

namespace stave::monitor {

namespace {

constexpr char endOfInputCharacter = 4;  // what a terminal takes for the end of its input

}  // namespace

void Supervisor::watchStreams() {
  short reading = outputDelayed() ? 0 : POLLIN;
  short writing = pendingSize_ > 0 ? POLLOUT : 0;
  bool terminalWanted = (reading | writing) != 0;
  terminal_.entry = terminalWanted ? watch(terminal_.fd.get(), reading | writing) : -1;
  output_.entry = reading != 0 ? watch(output_.fd.get(), reading) : -1;
  errors_.entry = reading != 0 ? watch(errors_.fd.get(), reading) : -1;
  input_.entry = writing != 0 ? watch(input_.fd.get(), writing) : -1;
}

/// While input waits for the container no more of it is taken, and then the hang-up of an
/// attachment, which cannot be masked, must not wake this up again and again.
void Supervisor::watchAttachments() {
  for (int i = 0; i < mostAttachments; i++) {
    Attachment& attachment = attachments_[i];
    bool inputWaits = pendingSize_ > 0;
    short events = attachment.blocked() ? POLLOUT : 0;
    if (!inputWaits && !attachment.inputClosed()) events |= POLLIN;
    bool wanted = events != 0 || !inputWaits;
    attachmentEntries_[i] = wanted ? watch(attachment.fd(), events) : -1;
  }
}

bool Supervisor::outputDelayed() const {
  return has(plan::isExec) && attachmentsBlocked();
}

bool Supervisor::attachmentsBlocked() const {
  for (const Attachment& attachment : attachments_) {
    if (attachment.open() && attachment.blocked()) return true;
  }
  return false;
}

void Supervisor::readOutput(Watch& stream, plan::FrameKind kind) {
  if (outputDelayed()) return;
  long size = sys::read(stream.fd.get(), chunk_, sizeof(chunk_));
  if (size == -EAGAIN || size == -EINTR) return;
  if (size <= 0) return stream.fd.reset();
  log_.append(kind, chunk_, static_cast<size_t>(size), now());
  broadcast(kind, chunk_, static_cast<size_t>(size));
}

/// Takes what is still in the pipes. Somebody else may hold their other ends for long: what is not
/// there now is not waited for, but an exec's reader is.
void Supervisor::drain(Watch& stream, plan::FrameKind kind) {
  while (stream.fd.open()) {
    while (outputDelayed()) waitForReaders();
    long size = sys::read(stream.fd.get(), chunk_, sizeof(chunk_));
    if (size <= 0) return;
    log_.append(kind, chunk_, static_cast<size_t>(size), now());
    broadcast(kind, chunk_, static_cast<size_t>(size));
  }
}

/// That a container has stopped is known when this process ends: for its slow readers a copy of
/// this stays behind.
void Supervisor::waitUntilTaken() {
  if (!attachmentsBlocked()) return;
  bool leave = !has(plan::isExec) && !copied_;
  if (leave && sys::invoke(__NR_clone, SIGCHLD, 0, 0, 0, 0) > 0) sys::exit(0);
  copied_ = true;
  while (attachmentsBlocked()) waitForReaders();
}

void Supervisor::sayGoodbye() {
  constexpr char streams[] = {plan::standardOutput, plan::standardError};
  int count = has(plan::terminal) ? 1 : 2;
  for (int i = 0; i < count; i++) {
    waitUntilTaken();
    broadcast(plan::endOfStream, &streams[i], 1);
  }
  waitUntilTaken();
  for (Attachment& attachment : attachments_) attachment.end();
}

void Supervisor::waitForReaders() {
  entryCount_ = 0;
  for (Attachment& attachment : attachments_) {
    if (attachment.open() && attachment.blocked()) watch(attachment.fd(), POLLOUT);
  }
  sys::invoke(__NR_ppoll, entries_, entryCount_, nullptr, nullptr, 0);
  for (Attachment& attachment : attachments_) attachment.flush();
}

void Supervisor::broadcast(plan::FrameKind kind, const char* data, size_t size) {
  for (Attachment& attachment : attachments_) attachment.send(kind, data, size);
}

void Supervisor::takeInput(Attachment& attachment, short events) {
  bool gone = (events & (POLLHUP | POLLERR)) != 0;
  if (attachment.inputClosed()) {
    if (gone) leave(attachment);
    return;
  }
  if (pendingSize_ > 0) return;
  Attachment::Input input = attachment.receive(chunk_, sizeof(chunk_));
  if (input.kind == Attachment::Input::data) writeInput(chunk_, input.size);
  if (input.kind == Attachment::Input::endOfInput) inputEnded(attachment);
  if (input.kind != Attachment::Input::closed) return;
  if (gone) return leave(attachment);
  if (attachment.gaveInput()) inputEnded(attachment);
  attachment.closeInput();
}

void Supervisor::writeInput(const char* data, size_t size) {
  int target = terminal_.fd.open() ? terminal_.fd.get() : input_.fd.get();
  if (target < 0) return;
  long written = sys::write(target, data, size);
  if (written == -EAGAIN || written == -EINTR) written = 0;
  if (written < 0) return input_.fd.reset();
  pendingSize_ = size - static_cast<size_t>(written);
  memcpy(pendingInput_, data + written, pendingSize_);
}

void Supervisor::flushInput() {
  size_t size = pendingSize_;
  pendingSize_ = 0;
  if (size == 0) return;
  char rest[chunkSize];
  memcpy(rest, pendingInput_, size);
  writeInput(rest, size);
}

/// Input ends for the container if it belongs to one attachment; else others may follow.
void Supervisor::inputEnded(Attachment& attachment) {
  if (!has(plan::isExec) && !has(plan::stdinOnce)) return;
  if (terminal_.fd.open()) {
    writeInput(&endOfInputCharacter, 1);
  } else {
    input_.fd.reset();
  }
}

void Supervisor::leave(Attachment& attachment) {
  bool neverHadInput = attachment.inputClosed() && !attachment.gaveInput();
  if (!neverHadInput) inputEnded(attachment);
  attachment.end();
}

}  // namespace stave::monitor
