#include <cstring>

#include "stave/layer/tar.h"
#include "tar_header.h"

namespace stave::layer {

namespace {

constexpr char zeros[tarBlock] = {};
constexpr uint64_t maxOctal7 = 07777777;       // what fits in an id's field
constexpr uint64_t maxOctal11 = 077777777777;  // what fits in a size's or time's field

char flagOf(EntryType type) {
  switch (type) {
    case EntryType::file:
      return '0';
    case EntryType::hardLink:
      return '1';
    case EntryType::symlink:
      return '2';
    case EntryType::character:
      return '3';
    case EntryType::block:
      return '4';
    case EntryType::directory:
      return '5';
    default:
      return '6';
  }
}

void putOctal(TarHeader& header, TarField part, uint64_t value) {
  size_t digits = part.size - 1;
  for (size_t i = digits; i > 0; i--, value >>= 3)
    header.bytes[part.offset + i - 1] = '0' + (value & 7);
}

void putText(TarHeader& header, TarField part, std::string_view text) {
  memcpy(header.bytes + part.offset, text.data(), std::min(text.size(), part.size));
}

/// "27 path=...\n": the length counts its own digits.
void addRecord(std::string& records, std::string_view key, std::string_view value) {
  size_t rest = key.size() + value.size() + 3;  // the space, the "=" and the end of the line
  size_t size = rest + std::to_string(rest).size();
  size = rest + std::to_string(size).size();
  records.append(std::to_string(size))
      .append(" ")
      .append(key)
      .append("=")
      .append(value)
      .append("\n");
}

std::string timeText(const timespec& time) {
  if (time.tv_nsec == 0) return std::to_string(time.tv_sec);
  bool negative = time.tv_sec < 0;
  auto seconds = negative ? -(time.tv_sec + 1) : time.tv_sec;
  auto nanoseconds = negative ? 1'000'000'000 - time.tv_nsec : time.tv_nsec;
  auto fraction = std::to_string(nanoseconds);
  fraction.insert(0, 9 - fraction.size(), '0');
  while (fraction.ends_with('0')) fraction.pop_back();
  return (negative ? "-" : "") + std::to_string(seconds) + "." + fraction;
}

bool fits(const timespec& time) {
  return time.tv_nsec == 0 && time.tv_sec >= 0 && uint64_t(time.tv_sec) <= maxOctal11;
}

std::string recordsOf(const Entry& entry, const std::string& path) {
  std::string records;
  if (path.size() > field::name.size) addRecord(records, "path", path);
  if (entry.linkTarget.size() > field::link.size) addRecord(records, "linkpath", entry.linkTarget);
  if (entry.size > maxOctal11) addRecord(records, "size", std::to_string(entry.size));
  if (entry.uid > maxOctal7) addRecord(records, "uid", std::to_string(entry.uid));
  if (entry.gid > maxOctal7) addRecord(records, "gid", std::to_string(entry.gid));
  if (!fits(entry.modified)) addRecord(records, "mtime", timeText(entry.modified));
  for (auto& [name, value] : entry.attributes) addRecord(records, "SCHILY.xattr." + name, value);
  return records;
}

void finishChecksum(TarHeader& header) {
  memset(header.bytes + field::checksum.offset, ' ', field::checksum.size);
  uint64_t sum = 0;
  for (char byte : header.bytes) sum += uint8_t(byte);
  putOctal(header, {field::checksum.offset, 7}, sum);
  header.bytes[field::checksum.offset + 6] = '\0';
}

TarHeader headerOf(const Entry& entry, const std::string& path, char flag, uint64_t size) {
  TarHeader header{};
  putText(header, field::name, path);
  putOctal(header, field::mode, entry.mode);
  putOctal(header, field::uid, entry.uid > maxOctal7 ? 0 : entry.uid);
  putOctal(header, field::gid, entry.gid > maxOctal7 ? 0 : entry.gid);
  putOctal(header, field::size, size > maxOctal11 ? 0 : size);
  auto seconds = entry.modified.tv_sec;
  putOctal(header, field::modified, seconds < 0 || uint64_t(seconds) > maxOctal11 ? 0 : seconds);
  header.bytes[field::type.offset] = flag;
  putText(header, field::link, entry.linkTarget);
  putText(header, field::magic,
          std::string_view("ustar\0"
                           "00",
                           8));
  putOctal(header, field::major, entry.major);
  putOctal(header, field::minor, entry.minor);
  finishChecksum(header);
  return header;
}

}  // namespace

TarWriter::TarWriter(Sink sink) : sink_(std::move(sink)) {}

void TarWriter::put(std::string_view bytes) {
  sink_(bytes);
  written_ += bytes.size();
}

void TarWriter::pad() {
  if (written_ % tarBlock != 0) put({zeros, tarBlock - written_ % tarBlock});
}

void TarWriter::add(const Entry& entry) {
  pad();
  auto path = entry.path;
  if (entry.type == EntryType::directory && !path.ends_with('/')) path += '/';
  auto records = recordsOf(entry, path);
  if (!records.empty()) {
    Entry extension;
    extension.mode = 0644;
    auto header = headerOf(extension, "PaxHeaders/entry", 'x', records.size());
    put({header.bytes, tarBlock});
    put(records);
    pad();
  }
  uint64_t size = entry.type == EntryType::file ? entry.size : 0;
  auto header = headerOf(entry, path, flagOf(entry.type), size);
  put({header.bytes, tarBlock});
}

void TarWriter::data(std::string_view bytes) {
  put(bytes);
}

void TarWriter::finish() {
  pad();
  put({zeros, tarBlock});
  put({zeros, tarBlock});
}

}  // namespace stave::layer
