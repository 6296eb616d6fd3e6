#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "stave/error.h"
#include "stave/layer/tar.h"
#include "tar_header.h"

namespace stave::layer {

namespace {

constexpr uint64_t maxNameBytes = 64 << 10;    // of a GNU long name
constexpr uint64_t maxRecordsBytes = 4 << 20;  // of one pax header
constexpr uint64_t maxFileBytes = std::numeric_limits<int64_t>::max() / 2;
constexpr std::string_view attributePrefix = "SCHILY.xattr.";

uint64_t paddingOf(uint64_t size) {
  return (tarBlock - size % tarBlock) % tarBlock;
}

bool allZero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

kj::Maybe<EntryType> typeOf(char flag, const std::string& path) {
  switch (flag) {
    case '\0':
    case '0':
      // Archives older than POSIX mark a directory by its name alone.
      return path.ends_with('/') ? EntryType::directory : EntryType::file;
    case '7':
    case 'S':
      return EntryType::file;
    case '1':
      return EntryType::hardLink;
    case '2':
      return EntryType::symlink;
    case '3':
      return EntryType::character;
    case '4':
      return EntryType::block;
    case '5':
    case 'D':
      return EntryType::directory;
    case '6':
      return EntryType::fifo;
    default:
      return nullptr;
  }
}

}  // namespace

TarReader::TarReader(PieceSource& source) : source_(source) {}

void TarReader::refuse(const std::string& what) const {
  fail(ErrorCode::INVALID,
       "the layer is not a good tar archive at byte " + std::to_string(position_) + ": " + what);
}

std::string_view TarReader::piece(uint64_t limit) {
  if (current_.empty()) current_ = source_.next();
  auto bytes = current_.substr(0, limit);
  current_.remove_prefix(bytes.size());
  position_ += bytes.size();
  return bytes;
}

std::string_view TarReader::block() {
  if (current_.size() >= tarBlock) return piece(tarBlock);
  size_t filled = 0;
  while (filled < tarBlock) {
    auto bytes = piece(tarBlock - filled);
    if (bytes.empty()) break;
    memcpy(split_ + filled, bytes.data(), bytes.size());
    filled += bytes.size();
  }
  if (filled != 0 && filled != tarBlock) refuse("it ends in the middle of a block");
  return {split_, filled};
}

std::string TarReader::text(uint64_t size, const char* what) {
  std::string text;
  while (text.size() < size) {
    auto bytes = piece(size - text.size());
    if (bytes.empty()) refuse(std::string("it ends in the middle of ") + what);
    text.append(bytes);
  }
  return text;
}

void TarReader::skip(uint64_t size) {
  while (size > 0) {
    auto bytes = piece(size);
    if (bytes.empty()) refuse("it ends in the middle of an entry's data");
    size -= bytes.size();
  }
}

void TarReader::drain() {
  while (!piece(std::numeric_limits<uint64_t>::max()).empty()) {
  }
}

bool TarReader::header(TarHeader& header) {
  auto bytes = block();
  if (bytes.empty() && position_ == 0) refuse("it is empty");
  // A missing end mark at the border of an entry is common and harmless.
  if (bytes.empty() || allZero(bytes)) return false;
  memcpy(header.bytes, bytes.data(), tarBlock);
  if (!header.checksumMatches()) refuse("the check sum of a header is wrong");
  return true;
}

/// Reads the headers that only extend the one that follows.
void TarReader::extensions(TarHeader& header, Records& local, std::string& path,
                           std::string& link) {
  while (strchr("xgLKV", header.type()) != nullptr && header.type() != '\0') {
    uint64_t size = 0;
    KJ_IF_MAYBE (value, parseTarNumber(header.raw(field::size))) {
      size = uint64_t(*value);
    }
    bool name = header.type() == 'L' || header.type() == 'K';
    if (size > (name ? maxNameBytes : maxRecordsBytes)) refuse("an extended header is too long");
    auto content = text(size, "an extended header");
    skip(paddingOf(size));
    auto& records = header.type() == 'g' ? global_ : local;
    if (header.type() == 'L') path = content.substr(0, content.find('\0'));
    if (header.type() == 'K') link = content.substr(0, content.find('\0'));
    if (header.type() == 'x' || header.type() == 'g') {
      if (!parseTarRecords(content, records)) refuse("a pax record is malformed");
      if (records.size() > maxNameBytes) refuse("there are too many pax records");
    }
    if (!this->header(header)) refuse("it ends after an extended header");
  }
}

bool TarReader::next(Entry& entry) {
  skip(left_ + padding_);
  left_ = padding_ = 0;
  entry = Entry{};
  TarHeader header;
  if (ended_ || !this->header(header)) {
    ended_ = true;
    return false;
  }
  Records local;
  std::string path;
  std::string link;
  extensions(header, local, path, link);
  entry.path = path.empty() ? header.path() : path;
  entry.linkTarget = link.empty() ? header.text(field::link) : link;
  finishEntry(entry, header, local);
  return true;
}

namespace {

/// What a header says in numbers; a field that is no number is named in the error.
class NumberReader {
 public:
  explicit NumberReader(const TarHeader& header) : header_(header) {}

  int64_t get(TarField part, const char* name) {
    KJ_IF_MAYBE (value, parseTarNumber(header_.raw(part))) {
      return *value;
    }
    if (wrong_.empty()) wrong_ = name;
    return 0;
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const TarHeader& header_;
  std::string wrong_;
};

bool assignNumber(std::string_view text, uint64_t limit, uint64_t& target) {
  KJ_IF_MAYBE (value, parseDecimal(text)) {
    target = *value;
    return *value <= limit;
  }
  return false;
}

/// Takes one pax record into the entry. False: its value is wrong.
bool applyRecord(const std::string& key, const std::string& value, Entry& entry, uint64_t& stored) {
  constexpr uint64_t maxId = std::numeric_limits<uint32_t>::max();
  uint64_t number = 0;
  if (key.starts_with(attributePrefix)) {
    auto name = key.substr(attributePrefix.size());
    std::erase_if(entry.attributes, [&](auto& known) { return known.first == name; });
    entry.attributes.emplace_back(name, value);
  } else if (value.empty()) {
    return true;  // takes back what a record before said
  } else if (key == "path") {
    entry.path = value;
  } else if (key == "linkpath") {
    entry.linkTarget = value;
  } else if (key == "size") {
    return assignNumber(value, maxFileBytes, stored);
  } else if (key == "uid") {
    if (!assignNumber(value, maxId, number)) return false;
    entry.uid = uid_t(number);
  } else if (key == "gid") {
    if (!assignNumber(value, maxId, number)) return false;
    entry.gid = gid_t(number);
  } else if (key == "mtime") {
    KJ_IF_MAYBE (time, parseTarTime(value)) {
      entry.modified = {time->first, long(time->second)};
      return true;
    }
    return false;
  }
  return true;
}

}  // namespace

void TarReader::finishEntry(Entry& entry, const TarHeader& header, const Records& local) {
  NumberReader numbers(header);
  uint64_t stored = numbers.get(field::size, "size");
  entry.mode = numbers.get(field::mode, "mode") & 07777;
  entry.uid = uid_t(numbers.get(field::uid, "uid"));
  entry.gid = gid_t(numbers.get(field::gid, "gid"));
  entry.modified.tv_sec = numbers.get(field::modified, "time");
  if (header.type() == '3' || header.type() == '4') {
    entry.major = uint32_t(numbers.get(field::major, "device number"));
    entry.minor = uint32_t(numbers.get(field::minor, "device number"));
  }
  for (const Records* records : {&std::as_const(global_), &local}) {
    for (auto& [key, value] : *records) {
      if (applyRecord(key, value, entry, stored)) continue;
      refuse("the pax record " + key + " of " + entry.path + " is wrong");
    }
  }
  if (!numbers.wrong().empty())
    refuse("the " + numbers.wrong() + " of " + entry.path + " is no number");
  if (stored > maxFileBytes) refuse("the size of " + entry.path + " is impossible");
  KJ_IF_MAYBE (type, typeOf(header.type(), entry.path)) {
    entry.type = *type;
  } else {
    refuse("the type of " + entry.path + " is unknown");
  }
  bool hasData = entry.type == EntryType::file || header.type() == 'D';
  if (!hasData) stored = 0;
  left_ = stored;
  padding_ = paddingOf(stored);
  entry.size = entry.type == EntryType::file ? stored : 0;
  if (header.type() == 'S') {
    oldSparse(entry, header);
  } else if (entry.type == EntryType::file) {
    newSparse(entry, local);
  }
  extents_ = entry.sparse ? entry.extents : std::vector<Extent>{{0, left_}};
  extent_ = 0;
}

bool TarReader::data(uint64_t& offset, std::string_view& bytes) {
  while (extent_ < extents_.size() && extents_[extent_].size == 0) extent_++;
  if (left_ == 0 || extent_ == extents_.size()) return false;
  auto& extent = extents_[extent_];
  bytes = piece(std::min(left_, extent.size));
  if (bytes.empty()) refuse("it ends in the middle of a file's data");
  offset = extent.offset;
  extent.offset += bytes.size();
  extent.size -= bytes.size();
  left_ -= bytes.size();
  return true;
}

}  // namespace stave::layer
