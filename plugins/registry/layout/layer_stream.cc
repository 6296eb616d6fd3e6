#include "layer_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <stave/error.h>
#include <stave/os/positioned_io.h>

namespace stave::layout {

namespace {

constexpr size_t bufferSize = 256 * 1024;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

/// Reads by offset, so that the descriptor's own position plays no part.
struct BlobReader {
  int file;
  uint64_t offset = 0;
  std::vector<char> buffer = std::vector<char>(bufferSize);

  static la_ssize_t onRead(archive*, void* self, const void** data) {
    auto reader = static_cast<BlobReader*>(self);
    la_ssize_t got = -1;
    kj::runCatchingExceptions([&] {
      got = os::readAt(reader->file, reader->buffer.data(), reader->buffer.size(), reader->offset);
    });
    if (got > 0) reader->offset += got;
    *data = reader->buffer.data();
    return got;
  }
};

[[noreturn]] void refuse(archive* reader, const std::string& what) {
  const char* text = archive_error_string(reader);
  fail(ErrorCode::INVALID, what + ": cannot be unpacked: " + (text ? text : "it is damaged"));
}

}  // namespace

uint64_t readLayer(int blob, const std::string& what, const ByteSink& sink) {
  if (os::fileSize(blob) == 0) return 0;
  std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_raw(reader.get());
  BlobReader source{blob};
  if (archive_read_open(reader.get(), &source, nullptr, &BlobReader::onRead, nullptr) !=
      ARCHIVE_OK) {
    refuse(reader.get(), what);
  }
  archive_entry* entry = nullptr;
  if (archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) refuse(reader.get(), what);
  std::vector<char> buffer(bufferSize);
  uint64_t total = 0;
  for (;;) {
    la_ssize_t got = archive_read_data(reader.get(), buffer.data(), buffer.size());
    if (got < 0) refuse(reader.get(), what);
    if (got == 0) return total;
    sink(buffer.data(), got);
    total += got;
  }
}

}  // namespace stave::layout
