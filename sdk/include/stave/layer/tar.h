#pragma once

#include <stave/layer/stream.h>
#include <stave/os/entry.h>
#include <time.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// Tar archives as image layers use them: POSIX pax and GNU names, numbers of any size, sparse
/// files, extended attributes. Names are bytes; nothing is converted. The reader trusts nothing.
namespace stave::layer {

enum class EntryType { file, hardLink, symlink, character, block, directory, fifo };

struct Extent {
  uint64_t offset;
  uint64_t size;
};

struct Entry {
  std::string path;  ///< as in the archive
  EntryType type = EntryType::file;
  std::string linkTarget;
  mode_t mode = 0;  ///< permissions with set-uid, set-gid and sticky
  uid_t uid = 0;
  gid_t gid = 0;
  uint64_t size = 0;  ///< of the file; in a sparse one with the holes
  timespec modified{};
  uint32_t major = 0;
  uint32_t minor = 0;
  os::Attributes attributes;
  bool sparse = false;
  std::vector<Extent> extents;  ///< of a sparse file: where its data lies
};

/// Numbers and names of one header before they are put together.
struct TarHeader;

class TarReader {
 public:
  explicit TarReader(PieceSource& source);

  /// The next entry; false at the end. Skips what was not read of the entry before. Fails [invalid]
  /// and says at which byte.
  bool next(Entry& entry);

  /// The next piece of the entry's data and its place in the file. False at the end of the entry.
  bool data(uint64_t& offset, std::string_view& bytes);

  /// Reads to the end of the stream, also behind the end of the archive.
  void drain();

 private:
  using Records = std::vector<std::pair<std::string, std::string>>;

  std::string_view block();  ///< 512 bytes; empty at the end of the stream
  std::string_view piece(uint64_t limit);
  std::string text(uint64_t size, const char* what);
  void skip(uint64_t size);
  bool header(TarHeader& header);
  void extensions(TarHeader& header, Records& local, std::string& path, std::string& link);
  void finishEntry(Entry& entry, const TarHeader& header, const Records& local);
  void oldSparse(Entry& entry, const TarHeader& header);
  void newSparse(Entry& entry, const Records& records);
  bool storedMap(Entry& entry);
  void checkSparse(const Entry& entry, bool good);
  [[noreturn]] void refuse(const std::string& what) const;

  PieceSource& source_;
  std::string_view current_;
  uint64_t position_ = 0;
  char split_[512];
  Records global_;
  uint64_t left_ = 0;     // data of the current entry that is not read
  uint64_t padding_ = 0;  // behind it
  std::vector<Extent> extents_;
  size_t extent_ = 0;
  bool ended_ = false;
};

/// Writes a pax archive with nothing in it that depends on when or where it was written.
class TarWriter {
 public:
  using Sink = std::function<void(std::string_view)>;

  explicit TarWriter(Sink sink);

  /// A file's data follows: exactly `entry.size` bytes.
  void add(const Entry& entry);
  void data(std::string_view bytes);

  /// The end of the archive.
  void finish();

 private:
  void put(std::string_view bytes);
  void pad();

  Sink sink_;
  uint64_t written_ = 0;
};

}  // namespace stave::layer
