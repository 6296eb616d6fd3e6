#include <algorithm>

#include "stave/error.h"
#include "stave/layer/tar.h"
#include "tar_header.h"

// The four ways in which GNU tar writes down where a sparse file has data: in the header ("old"),
// in pax records (0.0 and 0.1), and in front of the data (1.0).

namespace stave::layer {

namespace {

constexpr size_t maxExtents = 1 << 20;
constexpr size_t extentField = 12;  // bytes of an offset, and of a size
constexpr size_t extendedEntries = 21;
constexpr size_t headerEntries = 4;

const std::string* find(const TarRecords& records, std::string_view key) {
  auto found = std::find_if(records.rbegin(), records.rend(),
                            [&](auto& record) { return record.first == key; });
  return found == records.rend() ? nullptr : &found->second;
}

/// Adds the extents that stand as pairs of numbers in a header; false when one is no number.
bool addExtents(std::string_view raw, size_t count, std::vector<Extent>& extents) {
  for (size_t i = 0; i < count; i++) {
    auto offset = raw.substr(i * 2 * extentField, extentField);
    auto size = raw.substr((i * 2 + 1) * extentField, extentField);
    if (offset[0] == '\0') return true;
    KJ_IF_MAYBE (start, parseTarNumber(offset)) {
      KJ_IF_MAYBE (length, parseTarNumber(size)) {
        if (*start < 0 || *length < 0) return false;
        extents.push_back({uint64_t(*start), uint64_t(*length)});
        continue;
      }
    }
    return false;
  }
  return true;
}

/// "0,512,4096,512" of format 0.1.
bool parseMap(std::string_view text, std::vector<Extent>& extents) {
  std::vector<uint64_t> numbers;
  while (!text.empty()) {
    auto comma = std::min(text.find(','), text.size());
    KJ_IF_MAYBE (value, parseDecimal(text.substr(0, comma))) {
      numbers.push_back(*value);
    } else {
      return false;
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (numbers.size() % 2 != 0) return false;
  for (size_t i = 0; i < numbers.size(); i += 2) extents.push_back({numbers[i], numbers[i + 1]});
  return true;
}

/// The repeated records of format 0.0.
bool parsePairs(const TarRecords& records, std::vector<Extent>& extents) {
  for (auto& [key, value] : records) {
    bool offset = key == "GNU.sparse.offset";
    if (!offset && key != "GNU.sparse.numbytes") continue;
    KJ_IF_MAYBE (number, parseDecimal(value)) {
      if (offset) extents.push_back({*number, 0});
      if (!offset && extents.empty()) return false;
      if (!offset) extents.back().size = *number;
    } else {
      return false;
    }
  }
  return true;
}

/// In order, without overlap, inside the file, and as many bytes as are stored.
bool consistent(const std::vector<Extent>& extents, uint64_t fileSize, uint64_t stored) {
  uint64_t end = 0;
  uint64_t sum = 0;
  for (auto& extent : extents) {
    if (extent.offset < end || extent.offset > fileSize) return false;
    if (extent.size > fileSize - extent.offset) return false;
    end = extent.offset + extent.size;
    sum += extent.size;
  }
  return sum == stored;
}

}  // namespace

void TarReader::oldSparse(Entry& entry, const TarHeader& header) {
  entry.sparse = true;
  bool good = addExtents(header.raw(field::sparseMap), headerEntries, entry.extents);
  bool more = header.raw(field::sparseExtended)[0] != '\0';
  while (good && more) {
    auto bytes = block();
    if (bytes.empty()) refuse("it ends in the middle of a sparse file's map");
    good = addExtents(bytes, extendedEntries, entry.extents) && entry.extents.size() < maxExtents;
    more = bytes[extendedEntries * 2 * extentField] != '\0';
  }
  KJ_IF_MAYBE (size, parseTarNumber(header.raw(field::sparseSize))) {
    entry.size = uint64_t(*size);
  } else {
    good = false;
  }
  checkSparse(entry, good);
}

void TarReader::newSparse(Entry& entry, const Records& records) {
  auto* size = find(records, "GNU.sparse.size");
  auto* realSize = find(records, "GNU.sparse.realsize");
  if (size == nullptr && realSize == nullptr) return;
  entry.sparse = true;
  // The name in the header is one for tars that know nothing of holes.
  if (auto* name = find(records, "GNU.sparse.name")) entry.path = *name;
  bool good = true;
  KJ_IF_MAYBE (value, parseDecimal(size != nullptr ? *size : *realSize)) {
    entry.size = *value;
  } else {
    good = false;
  }
  auto* major = find(records, "GNU.sparse.major");
  if (major != nullptr && *major == "1") {
    good = good && storedMap(entry);
  } else if (auto* map = find(records, "GNU.sparse.map")) {
    good = good && parseMap(*map, entry.extents);
  } else {
    good = good && parsePairs(records, entry.extents);
  }
  checkSparse(entry, good);
}

/// Format 1.0: decimal lines in front of the data, filled up to whole blocks.
bool TarReader::storedMap(Entry& entry) {
  std::string pending;
  auto line = [&]() -> kj::Maybe<uint64_t> {
    size_t end;
    while ((end = pending.find('\n')) == std::string::npos) {
      if (left_ < tarBlock || pending.size() > tarBlock) return nullptr;
      pending += text(tarBlock, "a sparse file's map");
      left_ -= tarBlock;
    }
    auto number = parseDecimal(std::string_view(pending).substr(0, end));
    pending.erase(0, end + 1);
    return number;
  };
  uint64_t count = 0;
  KJ_IF_MAYBE (value, line()) {
    count = *value;
  } else {
    return false;
  }
  if (count > maxExtents) return false;
  for (uint64_t i = 0; i < count; i++) {
    Extent extent{};
    KJ_IF_MAYBE (value, line()) {
      extent.offset = *value;
    } else {
      return false;
    }
    KJ_IF_MAYBE (value, line()) {
      extent.size = *value;
    } else {
      return false;
    }
    entry.extents.push_back(extent);
  }
  return true;
}

void TarReader::checkSparse(const Entry& entry, bool good) {
  if (!good || !consistent(entry.extents, entry.size, left_)) {
    refuse("the map of the sparse file " + entry.path + " is wrong");
  }
}

}  // namespace stave::layer
