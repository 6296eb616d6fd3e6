#include "tar_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stave/error.h>

#include <random>

namespace stave::layout {

namespace {

constexpr mode_t memberMode = 0644;

struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

void TarWriter::Free::operator()(archive* writer) const {
  archive_write_free(writer);
}

TarWriter::TarWriter(std::string path)
    : path_(std::move(path)),
      temporary_(path_ + ".partial-" + std::to_string(std::random_device()())),
      file_(os::open(temporary_, O_WRONLY | O_CREAT | O_EXCL)),
      writer_(archive_write_new()) {
  archive_write_set_format_pax_restricted(writer_.get());
  archive_write_set_bytes_in_last_block(writer_.get(), 1);
  check(archive_write_open_fd(writer_.get(), file_.get()), "beginning it");
}

TarWriter::~TarWriter() {
  if (finished_) return;
  kj::runCatchingExceptions([this] { os::removeFile(temporary_); });
}

void TarWriter::check(int code, const std::string& attempted) {
  if (code == ARCHIVE_OK || code == ARCHIVE_WARN) return;
  int number = archive_errno(writer_.get());
  if (number > 0) failErrno("writing " + path_ + ": " + attempted, number);
  const char* text = archive_error_string(writer_.get());
  fail(ErrorCode::INTERNAL,
       "writing " + path_ + ": " + attempted + ": " + (text ? text : "failed"));
}

void TarWriter::add(const std::string& name, uint64_t size,
                    const std::function<void(const ByteSink&)>& produce) {
  std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), memberMode);
  archive_entry_set_mtime(entry.get(), 0, 0);
  check(archive_write_header(writer_.get(), entry.get()), name);
  uint64_t written = 0;
  produce([&](const char* data, size_t count) {
    if (written + count > size)
      fail(ErrorCode::INVALID, path_ + ": " + name + " is longer than expected");
    la_ssize_t taken = archive_write_data(writer_.get(), data, count);
    if (taken != static_cast<la_ssize_t>(count)) check(taken < 0 ? taken : ARCHIVE_FATAL, name);
    written += count;
  });
  if (written != size) fail(ErrorCode::INVALID, path_ + ": " + name + " is shorter than expected");
}

void TarWriter::add(const std::string& name, const std::string& text) {
  add(name, text.size(), [&](const ByteSink& sink) { sink(text.data(), text.size()); });
}

void TarWriter::finish() {
  check(archive_write_close(writer_.get()), "ending it");
  os::rename(temporary_, path_);
  finished_ = true;
}

}  // namespace stave::layout
