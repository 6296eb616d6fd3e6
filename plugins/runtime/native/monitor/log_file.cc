#include "log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "text.h"

namespace stave::monitor {

namespace {

constexpr size_t longestPrefix = 32;

size_t lengthOfLine(const char* data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (data[i] == '\n') return i;
  }
  return size;
}

uint64_t sizeOf(int file) {
  long size = sys::invoke(__NR_lseek, file, 0, SEEK_END);
  return size < 0 ? 0 : static_cast<uint64_t>(size);
}

}  // namespace

void LogFile::open(int directory, const char* name, uint64_t maximumBytes, uint32_t files) {
  directory_ = directory;
  name_ = name;
  maximumBytes_ = maximumBytes;
  files_ = files;
  if (directory_ >= 0) reopen();
}

void LogFile::reopen() {
  if (directory_ < 0) return;
  flush();
  file_.reset(static_cast<int>(
      sys::openAt(directory_, name_, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)));
  size_ = file_.open() ? sizeOf(file_.get()) : 0;
}

void LogFile::append(int stream, const char* data, size_t size, int64_t time) {
  if (directory_ < 0) return;
  Line& line = lines_[stream - 1];
  while (size > 0) {
    size_t length = lengthOfLine(data, size);
    bool ended = length < size;
    size_t room = longestLine - line.size;
    size_t taken = length < room ? length : room;
    bool complete = ended && taken == length;
    if (line.size == 0 && complete) {
      emit(stream, 'F', data, taken, time);
    } else {
      memcpy(line.data + line.size, data, taken);
      line.size += taken;
      if (complete || line.size == longestLine) {
        emit(stream, complete ? 'F' : 'P', line.data, line.size, time);
        line.size = 0;
      }
    }
    size_t used = taken + (complete ? 1 : 0);
    data += used;
    size -= used;
  }
  flush();
}

void LogFile::finish(int64_t time) {
  for (int stream = 1; stream <= 2; stream++) {
    Line& line = lines_[stream - 1];
    if (line.size > 0) emit(stream, 'P', line.data, line.size, time);
    line.size = 0;
  }
  flush();
}

void LogFile::emit(int stream, char flag, const char* data, size_t size, int64_t time) {
  if (buffered_ + longestPrefix + size + 1 > sizeof(buffer_)) flush();
  SmallText<longestPrefix> prefix;
  prefix.add(static_cast<uint64_t>(time)).add(stream == 1 ? " stdout " : " stderr ");
  prefix.add(&flag, 1).add(" ");
  put(prefix.text(), prefix.size());
  put(data, size);
  put("\n", 1);
}

void LogFile::put(const char* data, size_t size) {
  memcpy(buffer_ + buffered_, data, size);
  buffered_ += size;
}

void LogFile::flush() {
  if (buffered_ == 0) return;
  if (size_ > 0 && size_ + buffered_ > maximumBytes_) rotate();
  if (!file_.open()) {
    file_.reset(static_cast<int>(
        sys::openAt(directory_, name_, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)));
  }
  long written = file_.open() ? sys::write(file_.get(), buffer_, buffered_) : 0;
  if (written == static_cast<long>(buffered_)) {
    size_ += buffered_;
  } else if (written > 0) {
    sys::invoke(__NR_ftruncate, file_.get(), size_);
  }
  buffered_ = 0;
}

void LogFile::rotate() {
  for (uint32_t number = files_; number > 1; number--) {
    SmallText<300> from;
    SmallText<300> to;
    from.add(name_);
    if (number > 2) from.add(".").add(static_cast<uint64_t>(number - 2));
    to.add(name_).add(".").add(static_cast<uint64_t>(number - 1));
    sys::invoke(__NR_renameat, directory_, from.text(), directory_, to.text());
  }
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_CLOEXEC;
  file_.reset(static_cast<int>(sys::openAt(directory_, name_, flags, 0640)));
  size_ = 0;
}

}  // namespace stave::monitor
